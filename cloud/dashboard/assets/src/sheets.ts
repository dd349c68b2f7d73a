// Two small comforts of pages with forms: copy an order's text, and read a chosen file into its text field.

export function startSheets(page: Document): void {
  for (const button of page.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => void copy(page, button));
  }
  for (const chooser of page.querySelectorAll<HTMLInputElement>("input[data-into]")) {
    chooser.addEventListener("change", () => void read(page, chooser));
  }
}

async function copy(page: Document, button: HTMLButtonElement): Promise<void> {
  const text = page.querySelector(button.dataset["copy"] ?? "")?.textContent ?? "";
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
}

async function read(page: Document, chooser: HTMLInputElement): Promise<void> {
  const file = chooser.files?.[0];
  const field = page.querySelector<HTMLTextAreaElement>(chooser.dataset["into"] ?? "");
  if (!file || !field) return;
  field.value = textOf(await file.arrayBuffer());
  const name = page.querySelector<HTMLInputElement>(chooser.dataset["nameInto"] ?? "none");
  if (name) name.value = file.name.replace(/\.[^.]+$/, "");
}

// Tills write UTF-8 or what Windows wrote before it; a name must not lose its umlauts on the way.
function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
