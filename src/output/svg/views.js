// Switches a picture of a difference between the difference, before and after. Uses inferno's
// globals `total_samples` and `unzoom`.
(function () {
    "use strict";
    var boxes, VIEWS = {before: 0, after: 2, diff: 4};

    function start() {
        boxes = document.getElementById("frames");
        if (!boxes || !document.querySelector(".view")) return;
        window.addEventListener("click", clicked);
        window.addEventListener("keydown", pressed);
        var wanted = get_params().v;
        if (wanted in VIEWS && wanted !== "diff") show(wanted);
    }

    // Every box carries place and width of each view.
    function show(view) {
        var at = VIEWS[view], whole = 0, i, all = [];
        for (i = 0; i < boxes.children.length; i++) {
            var place = boxes.children[i].getAttribute("data-v").split(" ");
            all.push(place);
            whole = Math.max(whole, +place[at] + +place[at + 1]);
        }
        for (i = 0; i < all.length; i++) {
            var box = boxes.children[i], rect = box.querySelector("rect");
            rect.setAttribute("fg:x", all[i][at]);
            rect.setAttribute("fg:w", all[i][at + 1]);
            box.classList.toggle("absent", all[i][at + 1] === "0");
        }
        total_samples = whole;
        boxes.setAttribute("total_samples", whole);
        boxes.setAttribute("data-view", view);
        unzoom();
        var buttons = document.querySelectorAll(".view");
        for (i = 0; i < buttons.length; i++) {
            var on = buttons[i].getAttribute("data-view") === view;
            buttons[i].setAttribute("aria-pressed", on ? "true" : "false");
        }
        var state = get_params();
        delete state.x;
        delete state.y;
        if (view === "diff") delete state.v; else state.v = view;
        history.replaceState(null, null, parse_params(state));
    }

    function clicked(e) {
        if (e.target.classList && e.target.classList.contains("view")) {
            show(e.target.getAttribute("data-view"));
        }
    }

    function pressed(e) {
        if (e.ctrlKey || e.altKey || e.metaKey || (e.key !== "Enter" && e.key !== " ")) return;
        if (e.target.classList && e.target.classList.contains("view")) {
            show(e.target.getAttribute("data-view"));
            e.preventDefault();
        }
    }

    // After inferno's deferred start.
    window.addEventListener("load", function () { setTimeout(start, 0); });
})();
