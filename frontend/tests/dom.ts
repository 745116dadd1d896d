/** A page for the cards, made before any of their modules is loaded. */

import { Window } from "happy-dom";

const window = new Window({ url: "http://127.0.0.1/overview" });
const names = [
  "window",
  "document",
  "HTMLElement",
  "customElements",
  "CSSStyleSheet",
  "CustomEvent",
  "Event",
  "KeyboardEvent",
  "ShadowRoot",
  "Document",
  "Node",
  "history",
];
for (const name of names)
  Object.defineProperty(globalThis, name, {
    value: (window as unknown as Record<string, unknown>)[name],
    configurable: true,
    writable: true,
  });
