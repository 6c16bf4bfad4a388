// What pages have beyond what they do without script: times in the reader's
// zone, buttons that copy, lists that follow what happens.
(function () {
  'use strict';

  function localize(root) {
    for (const time of root.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime);
      if (time.dataset.done || isNaN(at)) continue;
      time.dataset.done = '1';
      const utc = time.textContent;
      const local = document.createElement('span');
      local.textContent = at.toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' });
      const beside = document.createElement('span');
      beside.className = 'dim';
      beside.textContent = ' (' + utc + ')';
      time.replaceChildren(local, beside);
    }
  }

  function copying(root) {
    for (const button of root.querySelectorAll('button[data-copy]')) {
      if (!navigator.clipboard) continue;
      button.hidden = false;
      button.addEventListener('click', async function () {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        button.textContent = 'Copied';
      });
    }
  }

  // follow puts new rows on top of a table as the server sends them: each event is
  // a row that the server's template made.
  function follow(table) {
    const body = table.tBodies[0];
    const state = document.getElementById(table.dataset.state);
    const source = new EventSource(table.dataset.events);
    const say = function (text) { if (state) state.textContent = text; };
    source.onopen = function () { say('Live'); };
    source.onerror = function () { say('Connection lost; trying again'); };
    source.onmessage = function (event) {
      const parsed = new DOMParser().parseFromString('<table><tbody>' + event.data + '</tbody></table>', 'text/html');
      for (const row of parsed.querySelectorAll('tbody > tr')) {
        if (document.getElementById(row.id)) continue;
        const taken = document.importNode(row, true);
        body.prepend(taken);
        localize(taken);
        while (body.rows.length > Number(table.dataset.most)) body.lastElementChild.remove();
      }
    };
    window.addEventListener('pagehide', function () { source.close(); });
  }

  localize(document);
  copying(document);
  for (const table of document.querySelectorAll('table[data-events]')) follow(table);
})();
