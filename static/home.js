// The calls on the page name the address under which it was opened, so that they work as pasted.
for (const code of document.querySelectorAll("pre code")) {
  code.textContent = code.textContent.replaceAll("http://127.0.0.1:8080", location.origin);
}
