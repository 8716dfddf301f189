// What scripts make easier. Every page works without, but those of passkeys.
"use strict";

// Passwords that one wants to see.
for (const box of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(box.dataset.reveal);
  box.closest("[hidden]")?.removeAttribute("hidden");
  box.addEventListener("change", () => { field.type = box.checked ? "text" : "password"; });
}

// What has to be typed twice should be the same.
for (const field of document.querySelectorAll("[data-same]")) {
  const other = document.getElementById(field.dataset.same);
  const compare = () => field.setCustomValidity(field.value === other.value ? "" : "The two differ.");
  field.addEventListener("input", compare);
  other.addEventListener("input", compare);
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
      const publicKey = options.publicKey ?? options;
      const credential = isNew
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
      field.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      told.textContent = "That did not work: " + error.message;
    }
  });
}
