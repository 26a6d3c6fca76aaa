// Starts a live figure when its reader asks for it; until then a page loads this file alone.
// Classic on purpose: from file:// neither modules nor fetch work, and scripts do.
(() => {
  const here = new URL(".", document.currentScript.src);
  const fromFile = here.protocol === "file:";
  const loaded = {};

  const addScript = (name) =>
    (loaded[name] ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(name, here);
      script.onload = resolve;
      script.onerror = () => {
        delete loaded[name];
        reject(new Error(`${name} could not be loaded`));
      };
      document.head.append(script);
    }));

  async function weightsOf(name) {
    if (!name) return undefined;
    await addScript("live.js");
    if (fromFile) {
      await addScript(`${name}.weights.js`);
      return window.seq2bertLive.fromBase64(window.seq2bertWeights[name]);
    }
    loaded[`${name}.bin`] ??= fetch(new URL(`${name}.bin`, here)).then((answer) => {
      if (!answer.ok) throw new Error(`${name}.bin: ${answer.status}`);
      return answer.arrayBuffer();
    });
    return loaded[`${name}.bin`];
  }

  async function start(figure, button) {
    const began = performance.now();
    const message = figure.querySelector(".live-message");
    button.disabled = true;
    message.textContent = "Loading …";
    try {
      const [weights] = await Promise.all([weightsOf(figure.dataset.weights), addScript("live.js")]);
      const host = document.createElement("div");
      host.className = "live-host";
      host.tabIndex = -1; // where the reader's focus goes; into a field it would open a phone's keyboard
      host.setAttribute("role", "group");
      host.setAttribute("aria-labelledby", `${figure.id}-title`);
      figure.append(host);
      figure.live = window.seq2bertLive.mount(host, JSON.parse(figure.dataset.settings), weights);
      figure.live.milliseconds = performance.now() - began;
      figure.classList.add("live-running");
      button.parentElement.remove();
      host.focus({ preventScroll: true });
    } catch (error) {
      delete loaded[`${figure.dataset.weights}.bin`];
      message.textContent = `The figure could not be started: ${error.message}. The picture shows its first view.`;
      button.disabled = false;
    }
  }

  function offer(figure) {
    const line = document.createElement("p");
    line.className = "live-start";
    line.innerHTML = '<button type="button"></button> <span class="live-message" role="status"></span>';
    const button = line.firstChild;
    const size = Number(figure.dataset.bytes);
    button.textContent = size ? `Try it (loads ${size < 1e6 ? `${Math.ceil(size / 1e3)} kB` : `${(size / 1e6).toFixed(1)} MB`})` : "Try it";
    button.setAttribute("aria-describedby", `${figure.id}-title`);
    button.addEventListener("click", () => start(figure, button));
    figure.querySelector(".live-still").before(line);
  }

  document.querySelectorAll(".live-figure").forEach(offer);
})();
