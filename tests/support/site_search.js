// SPDX-License-Identifier: GPL-3.0-or-later
// The site's search.js in node, with as much of a page around it as it uses:
//     node site_search.js SITE QUERY
// prints what the page says, then the address, sender, subject and folder of
// each hit.  "more" is pressed as long as it is shown.
"use strict";
const fs = require("fs"), path = require("path"), vm = require("vm");
const site = process.argv[2], query = process.argv[3];

class Element {
	constructor(name) {
		this.name = name;
		this.children = [];
		this.own = "";
		this.value = "";
		this.hidden = true;
		this.listeners = {};
	}
	append(...more) { this.children.push(...more); }
	addEventListener(name, what) { this.listeners[name] = what; }
	// As a page does it: a script that is put in is fetched and run.
	appendChild(child) {
		if (child.name !== "script")
			throw new Error("only scripts are put into the head");
		if (!/^[sd]\/(\d+|index)\.js$/.test(child.src))
			throw new Error("fetches " + child.src);
		setImmediate(function () {
			let text;
			try {
				text = fs.readFileSync(path.join(site, child.src), "utf8");
			} catch (e) {
				child.onerror();
				return;
			}
			vm.runInContext(text, page);
			child.onload();
		});
	}
	get textContent() {
		return this.own + this.children.map(c => c.textContent).join("\t");
	}
	set textContent(text) {
		this.own = text;
		this.children = [];
	}
	set innerHTML(text) { throw new Error("markup is written: " + text); }
}

const parts = {q: new Element("input"), hits: new Element("ol"),
	sum: new Element("p"), more: new Element("button")};
parts.q.form = new Element("form");
const page = vm.createContext({
	document: {
		getElementById: id => parts[id],
		createElement: name => new Element(name),
		head: new Element("head"),
	},
	location: {search: "?q=" + encodeURIComponent(query)},
	URLSearchParams, setTimeout, clearTimeout, console,
});
page.window = page;
vm.runInContext(fs.readFileSync(path.join(site, "search.js"), "utf8"), page);

// All is said when nothing waits any more.
process.on("beforeExit", function () {
	if (!parts.more.hidden) {
		parts.more.hidden = true;
		parts.more.onclick();
		setImmediate(function () {});
		return;
	}
	if (parts.done)
		return;
	parts.done = true;
	console.log(parts.sum.textContent);
	if (page.pwned)
		console.log("a mail was run");
	for (const li of parts.hits.children)
		console.log(li.children[0].href + "\t" + li.textContent);
});
