// Draws the graph: dagre finds the places, cytoscape draws them and pans and zooms.
/* global cytoscape, dagre */

const NODE = { width: 200, height: 50 };
const CHARACTERS = 24;
const NARROW = 600;
const STEP = 1.25;
const GAP = 24;
const [SMALLEST, LARGEST] = [0.45, 1.2]; // zoom, at first

/** The colours of the page, which follow light and dark, as the canvas needs them. */
function style() {
  const of = (selector) => getComputedStyle(document.querySelector(selector));
  const colours = (selector) => ({
    "background-color": of(selector).backgroundColor,
    "border-color": of(selector).borderTopColor,
    color: of(selector).color,
  });
  const line = of(".legend").color;
  const ring = of("h1").color;
  return [
    {
      selector: "node",
      style: {
        ...NODE,
        label: "data(shown)",
        "text-valign": "center",
        "text-wrap": "wrap",
        "text-max-width": NODE.width - 20,
        "font-family": "system-ui, sans-serif",
        "font-size": 14,
        "border-width": 1.5,
      },
    },
    { selector: "node[kind = 'dataset']", style: { shape: "round-rectangle", ...colours(".key.dataset") } },
    { selector: "node[kind = 'job']", style: { shape: "cut-rectangle", ...colours(".key.job") } },
    {
      selector: "edge",
      style: {
        width: 1.5,
        "curve-style": "bezier",
        "line-color": line,
        "target-arrow-color": line,
        "target-arrow-shape": "triangle",
      },
    },
    { selector: ".faint", style: { opacity: 0.25 } },
    { selector: "node:selected", style: { "border-width": 4, "border-color": ring } },
    { selector: "core", style: { "active-bg-size": 0, "selection-box-opacity": 0 } },
  ];
}

/** Places of the nodes of one component, from 0, and its size. */
function arranged(component, narrow) {
  const graph = new dagre.graphlib.Graph().setGraph({
    rankdir: narrow ? "TB" : "LR",
    nodesep: GAP,
    ranksep: narrow ? 40 : 64,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  component.nodes().forEach((each) => graph.setNode(each.id(), { ...NODE }));
  component.edges().forEach((each) => graph.setEdge(each.data("source"), each.data("target")));
  dagre.layout(graph);
  return { graph, width: graph.graph().width, height: graph.graph().height };
}

/** Places of all nodes: the components stand in rows that together have the canvas' proportions. */
function places(cy, narrow) {
  const components = cy.elements().components().map((each) => arranged(each, narrow));
  const area = components.reduce((sum, { width, height }) => sum + (width + GAP) * (height + GAP), 0);
  const room = Math.max(Math.sqrt((area * cy.width()) / cy.height()), ...components.map((each) => each.width));
  const found = new Map();
  let [x, y, row] = [0, 0, 0];
  for (const { graph, width, height } of components) {
    if (x && x + width > room) [x, y, row] = [0, y + row + GAP, 0];
    for (const id of graph.nodes()) found.set(id, { x: x + graph.node(id).x, y: y + graph.node(id).y });
    x += width + 2 * GAP;
    row = Math.max(row, height);
  }
  return found;
}

/** What stands in a node: the name, cut where it has no room, and a job's environment. */
function shown({ kind, label, namespace }) {
  const cut = (text) => (text.length > CHARACTERS ? `${text.slice(0, CHARACTERS - 1)}…` : text);
  return kind === "job" ? `${cut(label)}\n${cut(namespace)}` : cut(label);
}

/** The graph in `container`; `select` is called with a node's data, or with null. */
export function draw(container, select) {
  const narrow = () => container.clientWidth < NARROW;
  let moved = false;
  const cy = cytoscape({
    container,
    style: style(),
    minZoom: 0.05,
    maxZoom: 4,
    userZoomingEnabled: false,
    autoungrabify: true,
    selectionType: "single",
    boxSelectionEnabled: false,
  });

  const fit = () => {
    cy.fit(undefined, GAP);
    if (cy.zoom() > LARGEST) {
      cy.zoom(LARGEST);
      cy.center();
    }
  };
  /** All of it where that can be read; otherwise its beginning. */
  const begin = () => {
    fit();
    if (cy.zoom() >= SMALLEST) return;
    cy.zoom(SMALLEST);
    const box = cy.elements().boundingBox();
    cy.pan({ x: GAP - box.x1 * SMALLEST, y: GAP - box.y1 * SMALLEST });
  };
  const zoom = (factor) => {
    moved = true;
    const middle = { x: cy.width() / 2, y: cy.height() / 2 };
    cy.zoom({ level: cy.zoom() * factor, renderedPosition: middle });
  };
  const fitAll = () => {
    moved = true;
    fit();
  };
  const choose = (node) => {
    cy.elements().unselect();
    node.select();
    const box = node.renderedBoundingBox();
    const seen = box.x1 >= 0 && box.y1 >= 0 && box.x2 <= cy.width() && box.y2 <= cy.height();
    if (!seen) {
      moved = true;
      cy.center(node);
    }
  };

  cy.on("select unselect", "node", () => {
    const chosen = cy.nodes(":selected");
    select(chosen.empty() ? null : chosen.first().data());
  });
  cy.on("dragpan scrollzoom pinchzoom", () => (moved = true));
  cy.on("tap", () => container.focus({ preventScroll: true }));
  // Until somebody clicks into the graph, the wheel scrolls the page over it.
  container.addEventListener("focus", () => cy.userZoomingEnabled(true));
  container.addEventListener("blur", () => cy.userZoomingEnabled(false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cy.style(style()));

  let current = { nodes: [], edges: [] };
  const arrange = () => {
    const found = places(cy, narrow());
    cy.nodes().positions((node) => found.get(node.id()));
    if (!moved) begin();
  };
  let wasNarrow = narrow();
  new ResizeObserver(() => {
    cy.resize();
    if (wasNarrow !== narrow()) arrange();
    else if (!moved) begin();
    wasNarrow = narrow();
  }).observe(container);

  /** The nearest node in the direction of an arrow key. */
  const neighbour = (node, x, y) => {
    const from = node.position();
    const cost = (each) => {
      const way = { x: each.position().x - from.x, y: each.position().y - from.y };
      const ahead = way.x * x + way.y * y;
      return ahead > 1 ? ahead + 2 * Math.abs(way.x * y + way.y * x) : Infinity;
    };
    const best = cy.nodes().toArray().sort((a, b) => cost(a) - cost(b))[0];
    return cost(best) < Infinity ? best : node;
  };
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const KEYS = { "+": () => zoom(STEP), "=": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: fitAll };
  container.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || cy.nodes().empty()) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      const chosen = cy.nodes(":selected");
      choose(chosen.empty() ? cy.nodes().first() : neighbour(chosen.first(), ...arrow));
    } else if (KEYS[event.key]) KEYS[event.key]();
    else if (event.key === "Escape") cy.elements().unselect();
    else return;
    event.preventDefault();
  });

  return {
    fit: fitAll,
    zoomIn: () => zoom(STEP),
    zoomOut: () => zoom(1 / STEP),
    cy,
    /** Takes over new data; what is selected, and where somebody moved to, stays. */
    show({ nodes, edges }) {
      const same = JSON.stringify(current.edges) === JSON.stringify(edges) && current.nodes.length === nodes.length;
      const ids = new Set([...nodes, ...edges].map((each) => each.id ?? `${each.source}\t${each.target}`));
      current = { nodes, edges };
      cy.batch(() => {
        cy.elements().filter((each) => !ids.has(each.id())).remove();
        for (const each of nodes) {
          const data = { ...each, shown: shown(each) };
          const known = cy.getElementById(data.id);
          if (known.empty()) cy.add({ group: "nodes", data });
          else known.data(data);
        }
        for (const { source, target } of edges) {
          const id = `${source}\t${target}`;
          if (cy.getElementById(id).empty()) cy.add({ group: "edges", data: { id, source, target } });
        }
      });
      if (!same) arrange();
      container.dataset.nodes = nodes.length;
    },
    /** Makes all faint but the nodes whose name contains the text; returns those. */
    find(text) {
      const wanted = text.trim().toLowerCase();
      cy.elements().removeClass("faint");
      if (!wanted) return [];
      const hits = cy.nodes().filter((node) => node.data("name").toLowerCase().includes(wanted));
      cy.elements().not(hits).addClass("faint");
      return hits.toArray();
    },
    choose,
  };
}
