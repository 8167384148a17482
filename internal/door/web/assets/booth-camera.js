// Scans with the camera, where the browser reads codes itself. It is off until somebody switches it on; a scanner as keyboard goes on
// working beside it. Pictures are looked at and never kept or sent.
// @ts-check
(() => {
  "use strict";
  const EVERY = 200, AWAY = 2500; // milliseconds; a code has to leave the picture before it counts again
  let stream = /** @type {MediaStream | null} */ (null), timer = 0, busy = false;
  /** @type {Map<string, number>} */
  const seen = new Map();

  const able = () => "BarcodeDetector" in globalThis && !!navigator.mediaDevices?.getUserMedia;
  const on = () => !!stream;
  /** @param {HTMLVideoElement} video */
  const stop = (video) => {
    clearInterval(timer);
    stream?.getTracks().forEach((t) => t.stop());
    stream = null;
    video.srcObject = null;
    video.hidden = true;
  };
  /** @param {HTMLVideoElement} video @param {(text: string) => void} read */
  const start = async (video, read) => {
    const detector = new /** @type {any} */ (globalThis).BarcodeDetector({ formats: ["qr_code", "code_128"] });
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    seen.clear();
    timer = setInterval(async () => {
      if (busy || document.hidden || document.querySelector("dialog[open]")) return;
      busy = true;
      try {
        for (const { rawValue: text } of await detector.detect(video)) {
          const last = seen.get(text) ?? 0;
          seen.set(text, Date.now());
          if (text && Date.now() - last > AWAY) read(text);
        }
      } catch { /* a picture that is not there yet */ }
      busy = false;
    }, EVERY);
  };
  Object.assign(globalThis, { BoothCamera: { able, on, start, stop } });
})();
