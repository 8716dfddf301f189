// What scripts make easier. Every page works without.
"use strict";

// A choice that takes effect at once needs no button.
for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
  for (const button of field.form.querySelectorAll("[data-needless]")) button.hidden = true;
}

// A page between two sites goes on by itself.
for (const form of document.querySelectorAll("form[data-go]")) form.requestSubmit();

// Passwords that one wants to see.
for (const box of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(box.dataset.reveal);
  box.addEventListener("change", () => { field.type = box.checked ? "text" : "password"; });
}

// Names and numbers to take along.
for (const text of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy " + text.textContent);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  text.after(" ", button);
}

// What can't be undone is asked for once more.
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}

// What would be pasted can be taken from a file.
for (const field of document.querySelectorAll("textarea[data-from-file]")) {
  const label = document.createElement("label");
  label.textContent = field.dataset.fromFile;
  const file = document.createElement("input");
  file.type = "file";
  file.addEventListener("change", async () => {
    if (file.files.length) field.value = await file.files[0].text();
  });
  label.append(file);
  field.after(label);
}

// An open menu closes when one goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Long tables are narrowed down as one types.
for (const field of document.querySelectorAll("input[data-filter]")) {
  const rows = document.querySelectorAll(field.dataset.filter + " tbody tr");
  field.closest("[hidden]")?.removeAttribute("hidden");
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}

// Passkeys: the browser signs what the page's form was made for.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const told = form.querySelector("[data-passkey-told]");
  form.addEventListener("submit", async (event) => {
    const isNew = form.dataset.passkey === "create";
    const field = form.elements[isNew ? "credential" : "assertion"];
    if (field.value) return;
    event.preventDefault();
    told.textContent = "Waiting for your device …";
    try {
      const options = JSON.parse(form.dataset.options);
      const credential = isNew
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      field.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      told.textContent = "That did not work: " + error.message;
    }
  });
}

// The rules of a password are ticked off as one types. Whether it is good enough, the server decides.
for (const list of document.querySelectorAll("[data-rules]")) {
  const field = document.getElementById(list.dataset.rules);
  const kinds = { upper: /[A-Z]/, lower: /[a-z]/, digit: /[0-9]/, symbol: /[!@#$%^&*()_+\-=[\]{}|']/ };
  const isMet = (rule, text) => {
    const count = Number(rule.dataset.count);
    if (rule.dataset.rule === "length") return [...text].length >= count;
    if (rule.dataset.rule === "classes") return Object.values(kinds).filter((kind) => kind.test(text)).length >= count;
    return kinds[rule.dataset.rule]?.test(text) ?? false;
  };
  field?.addEventListener("input", () => {
    for (const rule of list.querySelectorAll("[data-rule]")) rule.dataset.met = isMet(rule, field.value) ? "yes" : "no";
  });
}

// What has to be typed twice should be the same.
for (const field of document.querySelectorAll("[data-same]")) {
  const other = document.getElementById(field.dataset.same);
  const compare = () => field.setCustomValidity(field.value === other.value ? "" : "The two differ.");
  field.addEventListener("input", compare);
  other.addEventListener("input", compare);
}
