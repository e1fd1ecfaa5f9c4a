// How the system is, in an operator's words.
import {h, update} from '../core/dom.js';
import {poll} from '../core/poll.js';
import {errorNotice} from '../ui/notice.js';

export function systemPage({api, root, signal}) {
  document.title = 'System · MAB';
  const problem = h('div');
  const parts = h('div');
  root.append(h('h1', null, 'System'), problem, parts);
  poll({
    signal,
    everyMs: 2000,
    load: async () => {
      try {
        const report = await api.call('GET', '/api/system');
        if (signal.aborted) return;
        update(problem);
        update(parts, h('p', null, report.status));
      } catch (error) {
        if (!signal.aborted) update(problem, errorNotice(error));
        throw error;
      }
    },
  });
}
