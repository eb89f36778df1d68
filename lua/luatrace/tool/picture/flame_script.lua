-- SPDX-License-Identifier: MIT
-- What makes a flame graph in a browser more than a picture; without scripts it is one. Names come from the elements,
-- and go back as text only.
return [[
(function () {
'use strict';
var NS = 'http://www.w3.org/2000/svg', CHAR = 7.23, EPS = 1e-6;
var root = document.documentElement, boxes = document.getElementById('boxes');
var details = document.getElementById('details'), matched = document.getElementById('matched');
var all = [], zoomed = 0, focused = -1, input = null;

/* As svg.fit() cuts: characters of the east may be twice as wide. */
function fit(text, columns) {
	var used = 0, cut = 0;
	for (var i = 0; i < text.length; i++) {
		if (used < columns)
			cut = i;
		used += text.charCodeAt(i) >= 0x1000 ? 2 : 1;
		if (used > columns)
			return columns < 3 ? '' : text.slice(0, cut) + '\u2026';
	}
	return text;
}

Array.prototype.forEach.call(boxes.children, function (el) {
	var title = el.children[0].textContent, rect = el.children[1], text = el.children[2];
	var name = title.slice(0, title.lastIndexOf(' ('));
	all.push({ el: el, rect: rect, text: text, title: title, name: name, lower: name.toLowerCase(),
		x: parseFloat(rect.getAttribute('x')), w: parseFloat(rect.getAttribute('width')),
		y: +rect.getAttribute('y'), parent: -1, hit: false });
});
/* Row by row, parents in the order of their children. */
for (var i = 1, p = 0; i < all.length; i++) {
	var middle = all[i].x + all[i].w / 2;
	while (all[p].y <= all[i].y || all[p].y - all[i].y > ROW || all[p].x + all[p].w <= middle)
		p++;
	all[i].parent = p;
}

function draw() {
	var width = Math.max(root.clientWidth || innerWidth, 360) - 20, z = all[zoomed], above = {};
	for (var a = zoomed; a >= 0; a = all[a].parent)
		above[a] = true;
	boxes.setAttribute('width', width);
	all.forEach(function (box, i) {
		var x = (box.x - z.x) / z.w * 100, w = box.w / z.w * 100, show = true;
		if (above[i]) {
			x = 0;
			w = 100;
		} else if (box.y >= z.y || x < -EPS * 100 || x + w > 100 + EPS * 1e4) {
			show = false;
		}
		box.el.style.display = show ? '' : 'none';
		if (!show)
			return;
		box.el.classList.toggle('above', !!above[i] && i !== zoomed);
		box.el.classList.toggle('t', w * width / 100 < THIN);
		box.rect.setAttribute('x', x + '%');
		box.rect.setAttribute('width', w + '%');
		var label = fit(box.name, Math.floor((w * width / 100 - 6) / CHAR));
		if (!box.text && label) {
			box.text = document.createElementNS(NS, 'text');
			box.text.setAttribute('y', box.y + ROW - 5);
			box.text.setAttribute('dx', 4);
			box.el.appendChild(box.text);
		}
		if (box.text) {
			box.text.setAttribute('x', x + '%');
			box.text.textContent = label;
		}
	});
	document.getElementById('reset').style.display = zoomed ? '' : 'none';
}

function zoom(i) {
	zoomed = i;
	draw();
}

function say(i) {
	details.textContent = i < 0 ? '' : fit(all[i].title, Math.floor((boxes.getAttribute('width') - 150) / CHAR));
}

function focus(i) {
	if (focused >= 0)
		all[focused].el.classList.remove('focus');
	focused = i;
	if (i >= 0)
		all[i].el.classList.add('focus');
	say(i);
}

/* The share of all that is in functions of this name, each counted once where it calls itself. */
function search(word) {
	var sum = 0, within = [], re = null, lower = word.toLowerCase();
	try {
		re = word && new RegExp(word, 'i');
	} catch (e) {}
	all.forEach(function (box, i) {
		box.hit = !!word && (box.lower.indexOf(lower) >= 0 || !!re && re.test(box.name));
		box.el.classList.toggle('hit', box.hit);
		var inside = box.parent >= 0 && within[box.parent];
		if (box.hit && !inside)
			sum += box.w;
		within[i] = inside || box.hit;
	});
	matched.textContent = word ? 'matched: ' + sum.toFixed(2) + '%' : '';
}

function ask() {
	if (!input) {
		var frame = document.createElementNS(NS, 'foreignObject');
		input = document.createElementNS('http://www.w3.org/1999/xhtml', 'input');
		input.setAttribute('aria-label', 'search');
		input.addEventListener('input', function () { search(input.value); });
		input.addEventListener('keydown', function (e) {
			if (e.key === 'Enter')
				input.blur();
			else if (e.key === 'Escape')
				end();
			e.stopPropagation();
		});
		frame.setAttribute('width', 290);
		frame.setAttribute('height', 32);
		frame.appendChild(input);
		root.appendChild(frame);
	}
	input.parentNode.setAttribute('x', Math.max(10, (root.clientWidth || innerWidth) - 300));
	input.parentNode.setAttribute('y', scrollY + 34);
	input.parentNode.style.display = '';
	input.focus();
	matched.textContent = matched.textContent || 'text or regular expression';
}

function end() {
	if (input) {
		input.value = '';
		input.blur();
		input.parentNode.style.display = 'none';
	}
	search('');
}

function index(target) {
	var el = target.closest && target.closest('#boxes > g');
	return el ? Array.prototype.indexOf.call(boxes.children, el) : -1;
}

function visible(i) {
	return all[i].el.style.display !== 'none';
}

/* To the parent, the widest child, or a neighbour of the same row. */
function move(key) {
	var best = -1, f = focused;
	if (f < 0)
		return focus(zoomed);
	if (key === 'ArrowDown') {
		best = all[f].parent;
	} else if (key === 'ArrowUp') {
		all.forEach(function (box, i) {
			if (box.parent === f && visible(i) && (best < 0 || box.w > all[best].w))
				best = i;
		});
	} else {
		var step = key === 'ArrowLeft' ? -1 : 1;
		for (var i = f + step; all[i] && all[i].y === all[f].y && best < 0; i += step)
			best = visible(i) ? i : -1;
	}
	if (best >= 0) {
		focus(best);
		all[best].el.scrollIntoView({ block: 'nearest', inline: 'nearest' });
	}
}

boxes.addEventListener('mouseover', function (e) { say(index(e.target)); });
boxes.addEventListener('mouseout', function () { say(focused); });
boxes.addEventListener('click', function (e) {
	var i = index(e.target);
	if (i >= 0) {
		focus(-1);
		zoom(i);
		say(i);
	}
});
document.getElementById('reset').addEventListener('click', function () { zoom(0); });
document.getElementById('search').addEventListener('click', ask);
addEventListener('keydown', function (e) {
	if (e.altKey || e.metaKey || e.ctrlKey && e.key !== 'f')
		return;
	if (e.key === '/' || e.ctrlKey)
		ask();
	else if (e.key === 'Escape' && (matched.textContent || focused >= 0))
		focus(-1), end();
	else if (e.key === 'Escape')
		zoom(0);
	else if (e.key === 'Enter' && focused >= 0)
		zoom(focused);
	else if (/^Arrow/.test(e.key))
		move(e.key);
	else
		return;
	e.preventDefault();
});
addEventListener('resize', draw);

/* As wide as the window. Where it does not fit in height, its root is at the bottom. */
root.removeAttribute('viewBox');
root.setAttribute('width', '100%');
Array.prototype.forEach.call(document.querySelectorAll('.live'), function (el) { el.style.display = ''; });
draw();
scrollTo(0, root.getAttribute('height'));
})();
]]
