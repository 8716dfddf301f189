// The policy editor: findings as one types, line numbers, and the builder's steps without leaving the page.
"use strict";
{
  const form = document.getElementById("policy-form");
  const text = document.getElementById("document");
  const said = document.getElementById("findings-said");

  // Line numbers, with a mark where something was found.
  const gutter = document.createElement("div");
  gutter.className = "gutter";
  gutter.setAttribute("aria-hidden", "true");
  text.before(gutter);
  const numberLines = () => {
    const count = text.value.split("\n").length;
    while (gutter.childElementCount > count) gutter.lastElementChild.remove();
    while (gutter.childElementCount < count) {
      const line = document.createElement("span");
      line.textContent = gutter.childElementCount + 1;
      gutter.append(line);
    }
  };
  new ResizeObserver(() => { gutter.style.height = text.offsetHeight + "px"; }).observe(text);
  text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });

  const worst = ["suggestion", "warning", "security-warning", "error"];
  const mark = (items) => {
    for (const line of gutter.children) { line.className = ""; line.removeAttribute("title"); }
    for (const item of items) {
      const line = gutter.children[item.line - 1];
      if (line && worst.indexOf(item.severity) > worst.indexOf(line.className.slice(3))) {
        line.className = "is-" + item.severity;
        line.title = item.advice;
      }
    }
  };

  // An element with text, never with markup: what it shows comes from the policy.
  const element = (name, content, attributes = {}) => {
    const made = document.createElement(name);
    made.append(...[content].flat());
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  const show = ({ findings, limit }) => {
    document.getElementById("counts").replaceChildren(...findings.counts.map((count) =>
      element("li", `${count.number} ${count.name}`, { class: `tag is-${count.severity}${count.isNone ? " none" : ""}` })));
    document.getElementById("finding-list").replaceChildren(...findings.items.map((item) => {
      const place = element("a", `Line ${item.line}, column ${item.column}`,
        { href: "#document", "data-line": item.line, "data-column": item.column });
      const head = element("p", [element("strong", item.kind), " · ", place]);
      if (item.path) head.append(" · ", element("code", item.path));
      const code = item.link ? element("a", item.code, { href: item.link, rel: "noreferrer" }) : item.code;
      return element("li", [head, element("p", item.advice), element("p", code, { class: "quiet" })],
        { class: `finding is-${item.severity}` });
    }));
    const count = document.getElementById("count");
    count.textContent = findings.characters;
    count.classList.toggle("over", findings.characters > limit);
    if (said.textContent !== findings.summary) said.textContent = findings.summary;
    mark(findings.items);
  };

  // Asks for the findings once nothing was typed for a moment; answers that come too late are left out.
  let waiting;
  let asked = 0;
  const check = async () => {
    const number = ++asked;
    const fields = new URLSearchParams();
    for (const field of form.querySelectorAll("[data-sent]")) fields.append(field.name, field.value);
    try {
      const answer = await fetch(form.dataset.findings, { method: "POST", body: fields });
      if (number !== asked) return;
      if (answer.ok) show(await answer.json());
      else said.textContent = "The policy could not be checked: sign in again in another window.";
    } catch {
      if (number === asked) said.textContent = "The policy could not be checked: the server does not answer.";
    }
  };
  const checkSoon = (delay) => { clearTimeout(waiting); waiting = setTimeout(check, delay); };
  text.addEventListener("input", () => { numberLines(); checkSoon(250); });
  form.querySelector("select[name=type]")?.addEventListener("change", () => form.requestSubmit());

  // From a finding to its place.
  document.getElementById("finding-list").addEventListener("click", (event) => {
    const place = event.target.closest("a[data-line]");
    if (!place) return;
    event.preventDefault();
    const lines = text.value.split("\n");
    const line = Math.min(Number(place.dataset.line), lines.length) - 1;
    const before = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
    // Columns count characters, which may be two units of a script's strings.
    const column = [...lines[line]].slice(0, Number(place.dataset.column) - 1).join("").length;
    text.focus();
    text.setSelectionRange(before + column, before + lines[line].length);
    text.scrollTop = Math.max(0, (text.scrollHeight / lines.length) * (line - 4));
  });

  // A new line begins below the one before.
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const start = text.value.lastIndexOf("\n", text.selectionStart - 1) + 1;
    const line = text.value.slice(start, text.selectionStart);
    const indent = line.match(/^[ \t]*/)[0] + (/[{[]\s*$/.test(line) ? "    " : "");
    if (!indent) return;
    event.preventDefault();
    text.setRangeText("\n" + indent, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // The builder. Its buttons send the form; here only what they change is taken from the page that comes back.
  const hideScriptless = () => {
    for (const button of form.querySelectorAll("[data-scriptless]")) button.hidden = true;
  };
  let step = 0;
  const take = async (parts, doing, adds) => {
    const number = ++step;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("do", doing);
    const state = (field) => (field.type === "checkbox" ? field.checked : field.value);
    const sent = new Map([...form.elements].filter((field) => field.id).map((field) => [field.id, state(field)]));
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body: fields });
    } catch {
      answer = undefined;
    }
    if (number !== step) return;
    const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page?.getElementById("policy-form")) {
      document.getElementById("builder-message").replaceChildren(
        element("p", "This did not work. Your session may have ended.", { class: "problem" }));
      return;
    }
    const focused = document.activeElement?.id;
    const caret = document.activeElement?.selectionStart;
    // What was typed since the form was sent is kept.
    const typed = [...form.elements].filter((field) => field.id && sent.has(field.id) && state(field) !== sent.get(field.id))
      .map((field) => [field.id, field.value]);
    for (const id of parts.split(" ")) {
      const part = page.getElementById(id);
      document.getElementById(id).replaceWith(document.adoptNode(part));
    }
    for (const [id, value] of adds ? [] : typed) {
      const field = document.getElementById(id);
      if (field) field.value = value;
    }
    hideScriptless();
    if (adds) {
      const before = text.value;
      text.value = page.getElementById("document").value;
      numberLines();
      check();
      if (text.value !== before) text.scrollTop = text.scrollHeight;
      document.getElementById("builder").scrollIntoView({ block: "start" });
    }
    if (doing === "another-condition") {
      [...form.querySelectorAll("[data-condition-key]")].at(-1)?.focus();
    } else if (focused) {
      const field = document.getElementById(focused);
      if (field && field !== document.activeElement) {
        field.focus({ preventScroll: true });
        if (caret !== null && field.matches("input, textarea")) field.selectionStart = field.selectionEnd = caret;
      }
    }
  };
  let choosing;
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-step]");
    if (!button) return;
    event.preventDefault();
    clearTimeout(choosing);
    take(button.dataset.step, button.value, button.hasAttribute("data-adds"));
  });
  form.addEventListener("change", (event) => {
    const field = event.target;
    if (field.matches("select[data-step]")) return void take(field.dataset.step, "check", false);
    if (field.matches("[data-condition-key]")) return narrowOperators(field);
    if (!field.matches("[data-targets]")) return;
    const level = field.closest("details.level");
    if (field.name === "b-level") {
      for (const box of level.querySelectorAll("[name=b-action]")) box.checked = field.checked;
    } else if (field.name === "b-action" && !field.checked) {
      level.querySelector("[name=b-level]").checked = false;
      form.querySelector("[name=b-all]").checked = false;
    }
    clearTimeout(choosing);
    choosing = setTimeout(() => take("builder-targets", "check", false), 200);
  });
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[data-action-search]")) return;
    const wanted = event.target.value.toLowerCase();
    for (const level of form.querySelectorAll("details.level")) {
      let found = 0;
      for (const action of level.querySelectorAll("ul.actions li")) {
        action.hidden = !action.textContent.toLowerCase().includes(wanted);
        if (!action.hidden) found += 1;
      }
      level.hidden = found === 0;
      if (wanted && found) level.open = true;
    }
  });

  // A key's values have a type, and operators compare one type.
  const narrowOperators = (field) => {
    const operators = document.getElementById("b-operator-" + field.dataset.conditionKey);
    const key = [...document.getElementById("b-keys").options].find((option) => option.value === field.value);
    const type = key?.textContent.split(",")[0];
    for (const group of operators.querySelectorAll("optgroup")) {
      group.disabled = Boolean(type) && group.label !== type && group.label !== "Whether the key is there"
        && !(type === "ARN" && group.label === "String");
    }
    if (operators.selectedOptions[0]?.parentElement.disabled) {
      operators.value = operators.querySelector("optgroup:not([disabled]) option").value;
    }
  };

  numberLines();
  hideScriptless();
  mark([...document.querySelectorAll("#finding-list .finding")].map((item) => ({
    line: Number(item.querySelector("[data-line]").dataset.line),
    severity: worst.find((name) => item.classList.contains("is-" + name)),
    advice: item.querySelector("p:nth-child(2)").textContent,
  })));
}
