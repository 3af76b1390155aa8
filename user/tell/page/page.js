// SPDX-License-Identifier: BSD-2-Clause
// The status page.  Every text from the sensor is set as text, never as markup; the whole page is drawn
// anew from each state, and what a person has opened stays open.
"use strict";

const POINTS = 120;
const TRAILS = {retransmits: "retransmit_share", response: "response_p50", pickup: "pickup_p99"};
// On which part of the way a place lies.
const PART_OF = {app: "host", cpu: "host", memory: "host", disk: "host", "kernel-net": "host", capacity: "host",
	nic: "interface", gateway: "device", middlebox: "device", resolver: "device", path: "line",
	"peer-app": "far", "peer-host": "far", name: "far"};
const PARTS = ["host", "interface", "device", "line", "far"];

const trails = new Map(); // link → key → points
const opened = new Set(); // ids of <details> that a person opened
let state = null;
let words = WORDS.en;

const byId = (id) => document.getElementById(id);

function make(tag, className, text, ...children) {
	const element = document.createElement(tag);
	if (className) element.className = className;
	if (text !== null && text !== undefined) element.textContent = text;
	element.append(...children);
	return element;
}

// ---- figures as text -------------------------------------------------------------------------

function seconds(value) {
	if (value === null || value === undefined) return "–";
	const magnitude = Math.abs(value);
	if (magnitude >= 100) return `${Math.round(value)} s`;
	if (magnitude >= 1) return `${value.toFixed(1)} s`;
	if (magnitude >= 1e-3) return `${(value * 1e3).toPrecision(3)} ms`;
	return `${Math.round(value * 1e6)} µs`;
}

function share(value) {
	if (value === null || value === undefined) return "–";
	const percent = value * 100;
	return `${percent === 0 ? 0 : percent < 1 ? percent.toPrecision(2) : percent.toFixed(1)} %`;
}

function reading(value, unit) {
	if (value === null || value === undefined) return "–";
	if (unit === "s") return seconds(value);
	const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(Number(value).toPrecision(3));
	return unit === "1" || !unit ? String(rounded) : `${rounded} ${unit}`;
}

function span(from, to) {
	const total = Math.max(0, Math.round((to - from) / 1000));
	const parts = [[Math.floor(total / 86400), "d"], [Math.floor(total / 3600) % 24, "h"],
		[Math.floor(total / 60) % 60, "min"], [total % 60, "s"]];
	const first = parts.findIndex(([count]) => count > 0);
	return first < 0 ? "0 s" : parts.slice(first, first + 2).filter(([count]) => count > 0)
		.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

function moment(text) {
	const when = new Date(text);
	const local = when.toLocaleString(words.locale, {dateStyle: "medium", timeStyle: "medium"});
	return `${local} (${when.toISOString().slice(11, 19)} UTC)`;
}

// Nothing is told as certain.
const percent = (confidence) => `${Math.min(99, Math.round(confidence * 100))} %`;

// ---- verdicts --------------------------------------------------------------------------------

const isOpen = (incident) => incident.event !== "resolve";

function incidentsOf(link) {
	return state.incidents.filter((incident) => isOpen(incident) &&
		(incident.scope.links || []).includes(link.name));
}

function verdictText(incident) {
	const side = words.sides[incident.side] || incident.side;
	return `${side}: ${words.places[incident.place] || incident.place}`;
}

const stateClass = (name) => ({healthy: "ok", faulty: "faulty", suspect: "suspect"})[name] || "idle";

function badge(name) {
	const mark = {healthy: "✓", faulty: "✕", suspect: "!", learning: "…"}[name] || "○";
	return make("span", `badge ${stateClass(name)}`, `${mark} ${words.states[name] || name}`);
}

// The classes of the five parts of a link's way, by the incidents that hit it.
function partsOf(link) {
	const plain = {healthy: "ok", suspect: "ok"}[link.state] || "idle";
	const parts = Object.fromEntries(PARTS.map((part) => [part, plain]));
	for (const incident of incidentsOf(link)) {
		const part = PART_OF[incident.place];
		if (part) parts[part] = "faulty";
		else [incident, ...(incident.alternatives || [])].map((each) => PART_OF[each.place])
			.filter((each) => each && parts[each] !== "faulty").forEach((each) => { parts[each] = "suspect"; });
	}
	return parts;
}

// ---- parts of the page -----------------------------------------------------------------------

function wayOf(link) {
	const parts = partsOf(link);
	const way = link.way || {devices: [], interfaces: []};
	const peers = link.peers || [];
	const far = peers.length === 0 ? "–" : peers[0] + (peers.length > 1 ? ` +${peers.length - 1}` : "");
	const names = {host: state.host, interface: way.interfaces[0] || "–",
		device: way.devices.join(", ") || words.noDevice, line: words.line, far};
	const labels = {host: words.ourHost, interface: "NIC", device: "GW", line: "", far: words.farEnd};
	const list = make("ol", "way");
	for (const part of PARTS) {
		const node = make("li", `node ${parts[part]}${parts[part] === "faulty" ? " cut" : ""}`, null,
			make("span", "what", labels[part] || "\u00a0"), make("span", "who", names[part]));
		node.title = names[part];
		list.append(node);
	}
	return list;
}

function curve(points, usual) {
	const known = points.filter((point) => point !== null);
	const top = Math.max(...known, (usual || 0) * 1.5, 1e-9);
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const draw = (d, className) => {
		const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
		path.setAttribute("d", d);
		if (className) path.setAttribute("class", className);
		svg.append(path);
	};
	svg.setAttribute("class", "curve");
	svg.setAttribute("viewBox", `0 0 ${POINTS} 24`);
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("aria-hidden", "true");
	const height = (value) => (23 - 22 * value / top).toFixed(2);
	let d = "", pen = false;
	points.forEach((point, index) => {
		if (point === null) { pen = false; return; }
		d += `${pen ? "L" : "M"}${index + POINTS - points.length} ${height(point)}`;
		pen = true;
	});
	if (usual) draw(`M0 ${height(usual)}H${POINTS}`, "usual");
	if (d) draw(d);
	return svg;
}

function figureOf(link, key) {
	const figure = (link.figures || {})[TRAILS[key]] || {now: null, normal: null};
	const text = key === "retransmits" ? share : seconds;
	const box = make("div", "figure", null, make("span", "label", words[key]),
		make("span", "value", text(figure.now)));
	if (figure.normal !== null) box.append(make("span", "normal", `${words.usual} ${text(figure.normal)}`));
	box.append(curve((trails.get(link.name) || {})[key] || [], figure.normal));
	return box;
}

function linkCard(link) {
	const meta = [words.kinds[link.kind] || link.kind, words.sockets(link.sockets)];
	if (link.last_data_ms !== null && link.last_data_ms !== undefined)
		meta.push(`${words.lastData} ${seconds(link.last_data_ms / 1000)}`);
	const title = make("h3", "title", null, make("span", "name", link.name), badge(link.state),
		make("span", "meta", meta.join(" · ")));
	for (const incident of incidentsOf(link)) title.append(make("span", "badge faulty", verdictText(incident)));
	const figures = make("div", "figures", null, ...Object.keys(TRAILS).map((key) => figureOf(link, key)));
	const card = make("article", "card", null, title, wayOf(link), figures);
	card.dataset.link = link.name;
	return card;
}

function evidenceTable(rows) {
	const table = make("table");
	for (const row of rows) {
		const numbers = row.baseline === null || row.baseline === undefined ? reading(row.value, row.unit)
			: `${reading(row.value, row.unit)} / ${reading(row.baseline, row.unit)}`;
		table.append(make("tr", "", null, make("td", "", row.text), make("td", "number", numbers),
			make("td", "number", Number(row.weight).toFixed(1))));
	}
	return table;
}

function folded(id, title, content) {
	const details = make("details", "", null, make("summary", "", title), content);
	details.open = opened.has(id);
	details.addEventListener("toggle", () => { details.open ? opened.add(id) : opened.delete(id); });
	return details;
}

function factsOf(incident) {
	const list = make("dl");
	const add = (term, text) => { if (text) list.append(make("dt", "", term), make("dd", "", text)); };
	add(words.since, moment(incident.began));
	if (isOpen(incident)) add(words.lasted, span(new Date(incident.began), new Date(state.time)));
	else add(words.until, moment(incident.time));
	add(words.call, incident.contact);
	add(words.owner, incident.owner);
	const hit = [...(incident.scope.links || []), ...(incident.scope.devices || [])].join(", ");
	const impact = incident.impact || {};
	const processes = (impact.processes || []).map((each) => `${each.comm} (${each.pid})`).join(", ");
	add(words.hit, [hit, words.connections(impact.connections || 0), processes, impact.other_links]
		.filter(Boolean).join(" · "));
	add(words.alternatives, (incident.alternatives || []).map((each) =>
		`${words.places[each.place] || each.place} ${Math.round(each.confidence * 100)} %`).join(", "));
	add(words.separate, incident.would_separate);
	const observed = incident.observed || {};
	if (observed.events_lost) add(words.eventsLost, String(observed.events_lost));
	add(words.blind, (observed.blind || []).join("; "));
	return list;
}

function incidentCard(incident) {
	const kind = isOpen(incident) ? (incident.side === "unknown" ? "unknown" : "faulty") : "over";
	const title = make("h3", "title", null, make("span", "name", incident.summary || verdictText(incident)),
		make("span", `badge ${kind === "over" ? "idle" : kind === "unknown" ? "suspect" : "faulty"}`,
			`${words.events[incident.event]} · ${verdictText(incident)} · ${percent(incident.confidence)}`),
		make("span", "meta", `${words.severities[incident.severity]} · ${incident.id}`));
	const card = make("article", `card ${kind}`, null, title, factsOf(incident));
	if ((incident.evidence || []).length)
		card.append(folded(`${incident.id}+`, `${words.evidence} (${incident.evidence.length})`,
			evidenceTable(incident.evidence)));
	if ((incident.against || []).length)
		card.append(folded(`${incident.id}-`, `${words.against} (${incident.against.length})`,
			evidenceTable(incident.against)));
	card.dataset.incident = incident.id;
	return card;
}

function deviceCard(device) {
	const neighbour = device.neighbour ? words.neighbours[device.neighbour] || device.neighbour : null;
	const meta = [device.address === device.name ? null : device.address, device.interface, neighbour];
	return make("div", "card", null, make("span", "title", null, make("span", "name", device.name),
		badge(device.state), make("span", "meta", meta.filter(Boolean).join(" · "))));
}

// What the sensor itself cannot do now: pagers that do not deliver, and what it does not see.
function healthRows() {
	const pagers = (state.pagers || []).filter((pager) => !pager.well).map((pager) => [words.pager, pager.name,
		[pager.trouble, words.pagesWaiting(pager.queued)].filter(Boolean).join("; ")]);
	const others = (state.health || []).filter((each) => each.what !== "pager")
		.map((each) => [words.health[each.what] || each.what, each.name, each.text]);
	return [...pagers, ...others].map((cells) => make("tr", "", null, ...cells.map((cell) => make("td", "", cell))));
}

function drawHealth() {
	const rows = healthRows();
	byId("health").hidden = rows.length === 0;
	byId("health-list").replaceChildren(make("table", "", null, ...rows));
}

// ---- drawing ---------------------------------------------------------------------------------

function drawWords() {
	document.documentElement.lang = words === WORDS.ja ? "ja" : "en";
	byId("incidents-title").textContent = words.incidents;
	byId("links-title").textContent = words.links;
	byId("devices-title").textContent = words.devices;
	byId("health-title").textContent = words.healthTitle;
	byId("history-title").textContent = words.history;
	byId("history-link-label").textContent = words.historyLink;
	byId("history-at-label").textContent = words.historyAt;
	byId("history-ask").textContent = words.ask;
	byId("language").textContent = words.other;
}

function drawOverall() {
	const open = state.incidents.filter(isOpen).length;
	const suspect = state.links.filter((link) => link.state === "suspect").length;
	const learning = state.links.every((link) => link.state === "learning" || link.state === "not observed");
	const overall = byId("overall");
	overall.textContent = open ? words.open(open) : suspect ? words.suspect(suspect)
		: learning ? words.learning : words.allWell;
	overall.className = `overall ${open ? "bad" : ""}`;
	document.title = `${open ? `(${open}) ` : ""}${state.host} – Faultline`;
}

function drawHistoryLinks() {
	const select = byId("history-link");
	const names = state.links.map((link) => link.name);
	if ([...select.options].map((option) => option.value).join("\n") === names.join("\n")) return;
	const chosen = select.value;
	select.replaceChildren(...names.map((name) => { const option = make("option", "", name); option.value = name; return option; }));
	if (names.includes(chosen)) select.value = chosen;
}

function draw() {
	if (!state) return;
	const rank = {faulty: 0, suspect: 1, healthy: 2, learning: 2, "not observed": 3};
	const links = [...state.links].sort((a, b) => (rank[a.state] ?? 2) - (rank[b.state] ?? 2));
	byId("host").textContent = state.host;
	byId("clock").textContent = moment(state.time);
	drawOverall();
	byId("incident-list").replaceChildren(...(state.incidents.length ? state.incidents.map(incidentCard)
		: [make("p", "none", words.none)]));
	byId("link-list").replaceChildren(...(links.length ? links.map(linkCard) : [make("p", "none", words.noData)]));
	byId("device-list").replaceChildren(...state.devices.map(deviceCard));
	drawHealth();
	const sensor = state.sensor || {};
	byId("sensor").textContent = `${words.sensor}: ${words.eventsLost} ${sensor.events_lost ?? "–"}, ` +
		`CPU ${seconds(sensor.cpu_seconds)}, ${Math.round((sensor.rss_bytes || 0) / 1048576)} MiB`;
	drawHistoryLinks();
}

function take(next, whole) {
	for (const link of next.links) {
		const trail = trails.get(link.name) || {};
		for (const [key, figure] of Object.entries(TRAILS)) {
			if (whole && link.trail) trail[key] = link.trail[key];
			else if (!whole) trail[key] = [...(trail[key] || []), (link.figures[figure] || {}).now ?? null].slice(-POINTS);
		}
		trails.set(link.name, trail);
	}
	for (const name of trails.keys()) if (!next.links.some((link) => link.name === name)) trails.delete(name);
	state = next;
	draw();
}

// ---- talking to the sensor -------------------------------------------------------------------

function showLive(connected) {
	const live = byId("live");
	live.textContent = connected ? words.live : words.lost;
	live.className = connected ? "live" : "live lost";
}

async function fetchState() {
	const answer = await fetch("/api/status");
	if (!answer.ok) throw new Error(`status ${answer.status}`);
	const next = await answer.json();
	if (!chosenLanguage()) words = WORDS[next.language] || words;
	drawWords();
	take(next, true);
}

function listen() {
	const source = new EventSource("/api/events");
	source.addEventListener("open", () => { showLive(true); fetchState().catch(() => showLive(false)); });
	source.addEventListener("status", (event) => { showLive(true); take(JSON.parse(event.data), false); });
	source.addEventListener("error", () => showLive(false));
}

function historyAnswer(answer) {
	const box = byId("history-answer");
	const minutes = answer.minutes || [];
	if (!minutes.length) return box.replaceChildren(make("p", "none", answer.error || words.nothingKnown));
	const parts = [];
	for (const minute of minutes) {
		const table = make("table", "", null, make("tr", "", null, make("th", "", words.figure),
			make("th", "number", words.then), make("th", "number", words.most), make("th", "number", words.normal)));
		for (const [key, figure] of Object.entries(minute.figures || {})) {
			const unit = /_(p50|p99)$|^silence$/.test(key) ? seconds : /share$/.test(key) ? share : (value) => reading(value, "1");
			table.append(make("tr", "", null, make("td", "", words.figures[key] || key), make("td", "number", unit(figure.mean)),
				make("td", "number", unit(figure.most)), make("td", "number", unit(figure.normal))));
		}
		parts.push(make("div", "card", null, make("p", "title", null, make("span", "name", moment(minute.time || answer.time)),
			minute.state ? badge(minute.state) : ""), table));
	}
	for (const incident of answer.incidents || []) parts.unshift(incidentCard(incident));
	return box.replaceChildren(...parts);
}

async function askHistory(event) {
	event.preventDefault();
	const at = byId("history-at").value;
	const query = new URLSearchParams({link: byId("history-link").value});
	if (at) query.set("at", new Date(at).toISOString());
	const answer = await fetch(`/api/history?${query}`);
	historyAnswer(answer.ok || answer.status === 400 ? await answer.json() : {minutes: []});
}

// ---- language --------------------------------------------------------------------------------

function chosenLanguage() {
	const asked = new URLSearchParams(location.search).get("lang") || localStorage.getItem("language");
	return WORDS[asked] ? asked : null;
}

function switchLanguage() {
	const next = words === WORDS.ja ? "en" : "ja";
	localStorage.setItem("language", next);
	words = WORDS[next];
	drawWords();
	draw();
}

words = WORDS[chosenLanguage()] || WORDS.en;
drawWords();
byId("language").addEventListener("click", switchLanguage);
byId("history-form").addEventListener("submit", (event) => { askHistory(event).catch(() => showLive(false)); });
listen();
