// Search on pages opened from the disk. Browsers start no worker there, so the worker's script runs in a hidden frame that answers alike.
// The theme's plugin `offline` would fetch such a script from a server; the site fetches nothing.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "search";
      document.body.appendChild(frame);
      this.inside = frame.contentWindow;
      window.addEventListener("message", ({ source, data }) => {
        if (source === this.inside) this.dispatchEvent(new MessageEvent("message", { data }));
      });
      const text = this.inside.document;
      text.open();
      text.write("<script>var postMessage = (data) => parent.postMessage(data, '*');<\/script>");
      const script = text.createElement("script");
      script.src = url;
      this.ready = new Promise((done) => script.addEventListener("load", done));
      text.documentElement.appendChild(script);
      text.close();
    }
    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }
    terminate() {}
  };
  window.Worker = window.IFrameWorker;
}
