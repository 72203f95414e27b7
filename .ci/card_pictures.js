// A sheet of cards, each side in a frame -> the same, with what Anki's own scripts would do.

const SET = /\\\((.+?)\\\)|\\\[(.+?)\\\]/gs;
const COVERS = { cloze: "active", "cloze-inactive": "inactive", "cloze-highlight": "highlight" };
const problems = [];

// Formulas are looked for where Anki's MathJax looks: in text, and not within code.
function setFormulas(page) {
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    if (text.parentNode.closest("script, style, pre, code")) continue;
    // Of every three parts one is text, one a formula in a line, one a formula by itself.
    const parts = text.data.split(SET);
    if (parts.length === 1) continue;
    const made = parts.map((part, n) => (part && n % 3 ? formula(page, part, n % 3 === 2) : part));
    text.replaceWith(...made.filter(Boolean));
  }
}

// The bundle's two functions give an outline; the box is what cards style.
function formula(page, latex, display) {
  const box = page.createElement("mjx-container");
  box.innerHTML = display ? render(latex) : renderInline(latex);
  if (box.querySelector("[data-mjx-error]")) problems.push(`MathJax can't set ${latex}`);
  if (display) {
    box.setAttribute("display", "true");
    box.style.cssText = "display: block; text-align: center";
  }
  return box;
}

function drawCovers(page) {
  const canvas = page.getElementById("image-occlusion-canvas");
  if (!canvas) return;
  const image = page.querySelector("#image-occlusion-container img");
  // A part of the window's height: the frame, which is as high as the card, is none.
  image.style.maxHeight = `${image.clientHeight}px`;
  canvas.width = image.clientWidth;
  canvas.height = image.clientHeight;
  canvas.style.position = "absolute";
  canvas.style.left = `${image.offsetLeft}px`;
  canvas.style.top = `${image.offsetTop}px`;
  const style = getComputedStyle(canvas);
  const pen = canvas.getContext("2d");
  for (const [name, kind] of Object.entries(COVERS)) {
    const [wide, ...color] = style.getPropertyValue(`--${kind}-shape-border`).trim().split(" ");
    pen.fillStyle = style.getPropertyValue(`--${kind}-shape-color`).trim();
    pen.strokeStyle = color.join(" ");
    pen.lineWidth = parseFloat(wide);
    for (const { dataset } of page.querySelectorAll(`.${name}[data-shape="rect"]`)) {
      const place = [
        dataset.left * canvas.width,
        dataset.top * canvas.height,
        dataset.width * canvas.width,
        dataset.height * canvas.height,
      ];
      pen.fillRect(...place);
      pen.strokeRect(...place);
    }
  }
}

// What is wrong with the cards, and how large the sheet is.
function ready() {
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument;
    setFormulas(page);
    drawCovers(page);
    if (page.body.classList.contains("back")) {
      for (const fold of page.querySelectorAll("details")) fold.open = true;
    }
    for (const image of page.images) {
      if (!image.naturalWidth) problems.push(`a picture is missing: ${image.getAttribute("src")}`);
    }
    frame.style.height = `${page.getElementById("qa").scrollHeight}px`;
  }
  const { offsetWidth: width, offsetHeight: height } = document.body;
  return JSON.stringify({ problems, width, height });
}
