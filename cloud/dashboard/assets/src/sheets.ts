// Two small comforts of the ordering pages: copy an order's text, and read a chosen file into its text field.

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
  if (file && field) field.value = await file.text();
}
