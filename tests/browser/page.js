// SPDX-License-Identifier: Apache-2.0
//
// One logon of an IronRDP that was compiled to WebAssembly, as settings.json has it. What it comes to, and pictures of
// the canvas while it lasts, are posted to the relay that served the page.

const canvas = document.getElementById("desktop");
const post = (path, body) => fetch(path, { method: "POST", body });

// An IronError has no text of its own.
const told = (error) => (error.backtrace ? `${error.kind()}: ${error.backtrace()}` : `${error}`);

// Devolutions' package wraps what wasm-bindgen makes; ironrdp-wasm is just that.
async function load(path) {
  const module = await import(path);
  if (module.Backend) {
    await module.init("INFO");
    return { ...module.Backend, kdcProxyUrl: module.kdcProxyUrl };
  }
  await module.default();
  module.setup("INFO");
  return { ...module, kdcProxyUrl: (url) => new module.Extension("kdc_proxy_url", url) };
}

async function log_on() {
  const settings = await (await fetch("settings.json")).json();
  const rdp = await load(settings.module);
  let builder = new rdp.SessionBuilder()
    .username(settings.user)
    .password(settings.password)
    .serverDomain(settings.domain)
    .destination(settings.destination)
    .proxyAddress(`ws://${location.host}/relay`)
    .authToken("none")
    .desktopSize(new rdp.DesktopSize(settings.width, settings.height))
    .renderCanvas(canvas)
    .setCursorStyleCallback(() => {})
    .setCursorStyleCallbackContext(null);
  if (settings.kdc_proxy) {
    builder = builder.extension(rdp.kdcProxyUrl(`${location.origin}/KdcProxy`));
  }
  const session = await builder.connect();
  await post("said", "logged on");
  setInterval(() => canvas.toBlob((picture) => post("picture", picture)), 500);
  return (await session.run()).reason();
}

log_on()
  .catch(told)
  .then((end) => post("end", end));
