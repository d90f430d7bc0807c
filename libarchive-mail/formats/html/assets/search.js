// SPDX-License-Identifier: GPL-3.0-or-later
// The search of the site: pieces of the index come as scripts, for a page on a
// disk can load nothing else.  See s/index.js.
"use strict";
(function () {
	const SHOWN = 50, PIECES = 12;
	let index = null;
	const words = [], documents = [], loading = {};
	const box = document.getElementById("q");
	const list = document.getElementById("hits");
	const sum = document.getElementById("sum");
	const more = document.getElementById("more");

	window.I = function (i) { index = i; };
	window.P = function (n, piece) { words[n] = piece; };
	window.D = function (n, piece) { documents[n] = piece; };

	function load(name) {
		loading[name] = loading[name] || new Promise(function (done) {
			const script = document.createElement("script");
			script.src = name;
			script.onload = script.onerror = function () { done(); };
			document.head.appendChild(script);
		});
		return loading[name];
	}

	// As the words of the index were made: without case and marks.
	function fold(text) {
		return text.toLowerCase().normalize("NFD")
			.replace(/\p{Mn}/gu, "").normalize("NFC");
	}

	const alone = /([\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]|[\u{20000}-\u{3ffff}])/gu;

	function parse(text) {
		const wanted = [], unwanted = [];
		text.split(/\s+/).forEach(function (part) {
			const not = part.length > 1 && part[0] === "-";
			const found = fold(part).normalize("NFC")
				.replace(alone, "$1 ").match(/[\p{L}\p{N}\p{Co}]+/gu) || [];
			found.forEach(function (word) {
				(not ? unwanted : wanted).push(word);
			});
		});
		return {wanted: wanted, unwanted: unwanted,
			open: /[\p{L}\p{N}]$/u.test(text)};
	}

	// Words are sorted by their bytes in UTF-8, which is by code points.
	function before(a, b) {
		const x = Array.from(a), y = Array.from(b);
		for (let i = 0; i < x.length && i < y.length; i++)
			if (x[i] !== y[i])
				return x[i].codePointAt(0) < y[i].codePointAt(0);
		return x.length < y.length;
	}

	// The first piece that may hold the word.
	function piece(word) {
		let low = 0, high = index.firsts.length;
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if (before(word, index.firsts[middle]))
				high = middle;
			else
				low = middle;
		}
		return low;
	}

	function numbers(postings) {
		let at = 0;
		return postings.split(" ").map(function (n) {
			return (at += parseInt(n, 36));
		});
	}

	// The messages with a word; null: nearly all have it.
	async function hits(word, open) {
		const from = piece(word), found = new Set();
		let common = false;
		for (let n = from; n < index.firsts.length && n < from + PIECES; n++) {
			if (n > from && !(open && index.firsts[n].startsWith(word)))
				break;
			await load("s/" + n + ".js");
			const terms = words[n] || [];
			for (let i = 0; i < terms.length; i += 2) {
				if (terms[i] !== word &&
				    !(open && terms[i].startsWith(word)))
					continue;
				if (terms[i + 1] === "*")
					common = common || terms[i] === word;
				else
					numbers(terms[i + 1]).forEach(found.add, found);
			}
		}
		return common ? null : found;
	}

	async function find(text) {
		const query = parse(text);
		let all = null, common = query.wanted.length > 0;
		for (let i = 0; i < query.wanted.length; i++) {
			const last = i === query.wanted.length - 1;
			const word = query.wanted[i];
			const found = await hits(word, last && query.open &&
				Array.from(word).length > 1);
			if (found === null)
				continue;
			common = false;
			all = all === null ? found : new Set(
				Array.from(all).filter(function (n) { return found.has(n); }));
		}
		if (all === null)
			return {common: common, list: []};
		for (const word of query.unwanted) {
			const found = await hits(word, false);
			(found || all).forEach(function (n) { all.delete(n); });
		}
		return {common: false, list: Array.from(all).sort(
			function (a, b) { return a - b; })};
	}

	function span(name, text) {
		const s = document.createElement("span");
		s.className = name;
		s.textContent = text;
		return s;
	}

	async function show(found, from) {
		const part = found.slice(from, from + SHOWN);
		for (const n of part)
			await load("d/" + Math.floor(n / index.each) + ".js");
		part.forEach(function (n) {
			const d = (documents[Math.floor(n / index.each)] || [])[n % index.each];
			if (!d)
				return;
			const li = document.createElement("li");
			const a = document.createElement("a");
			a.href = "m/" + d[0].slice(0, 2) + "/" + d[0] + ".html";
			a.append(span("who", d[2]), span("what", d[3]));
			li.append(a, span("mark", index.folders[d[4]] || ""));
			if (d[1] !== null) {
				const time = document.createElement("time");
				const day = new Date(d[1] * 1000);
				time.textContent = isNaN(day) ? "" :
					day.toISOString().slice(0, 10);
				li.append(time);
			}
			list.append(li);
		});
		more.hidden = from + SHOWN >= found.length;
		more.onclick = function () { show(found, from + SHOWN); };
	}

	let run = 0;
	async function search() {
		const mine = ++run, text = box.value.trim();
		await load("s/index.js");
		if (!index || mine !== run)
			return;
		const result = text ? await find(text) : null;
		if (mine !== run)
			return;
		list.textContent = "";
		more.hidden = true;
		if (!result)
			sum.textContent = index.messages + " messages can be searched.";
		else if (result.common)
			sum.textContent = "Nearly every message has that: add a word.";
		else
			sum.textContent = result.list.length === 0 ? "Nothing found." :
				result.list.length + (result.list.length === 1 ?
					" message" : " messages") + ", the newest first";
		if (result)
			await show(result.list, 0);
	}

	let timer = 0;
	box.addEventListener("input", function () {
		clearTimeout(timer);
		timer = setTimeout(search, 150);
	});
	box.form.addEventListener("submit", function (event) {
		event.preventDefault();
		search();
	});
	box.value = new URLSearchParams(location.search).get("q") || "";
	search();
})();
