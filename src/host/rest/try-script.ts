/** What the page to try a mount does. It keeps the token in its field and nowhere else, and asks this origin alone. */
export const TRY_SCRIPT = `'use strict';
const at = (id) => document.getElementById(id);
let tools = [];

const show = (title, value) => {
  at('answer').hidden = false;
  at('answer').textContent = value === undefined ? title : title + '\\n\\n' + JSON.stringify(value, null, 2);
};

const ask = async (path, init = {}) => {
  const headers = { ...init.headers, authorization: 'Bearer ' + at('token').value.trim() };
  const answer = await fetch(path, { ...init, headers, cache: 'no-store', credentials: 'omit', redirect: 'error' });
  const body = await answer.json().catch(() => undefined);
  const needed = /scope="([^"]*)"/.exec(answer.headers.get('www-authenticate') ?? '');
  return { ok: answer.ok, status: answer.status, body, needed: needed === null ? undefined : needed[1] };
};

const refused = ({ status, body, needed }) => {
  const about = status === 403 ? 'Use a token that has the scopes: ' : 'A client that signs in for one asks for the scopes: ';
  show(status + ' ' + ((body && (body.detail || body.title)) || '') + (needed ? '\\n' + about + needed : ''));
};

const sample = (schema) => {
  if (typeof schema !== 'object' || schema === null) return null;
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') {
    const needed = schema.required ?? [];
    const named = Object.entries(schema.properties ?? {}).filter(([name]) => needed.includes(name));
    return Object.fromEntries(named.map(([name, each]) => [name, sample(each)]));
  }
  return { string: '', integer: 0, number: 0, boolean: false, array: [] }[type] ?? null;
};

const choose = () => {
  const tool = tools[at('tool').selectedIndex];
  at('about').textContent = tool.description ?? '';
  at('arguments').value = JSON.stringify(sample(tool.inputSchema), null, 2);
};

const busy = (form, work) => form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    show(error instanceof SyntaxError ? 'The arguments are not JSON: ' + error.message : 'The server did not answer.');
  } finally {
    button.disabled = false;
  }
});

busy(at('sign'), async () => {
  at('call').hidden = true;
  at('answer').hidden = true;
  const answer = await ask('tools');
  if (!answer.ok) return refused(answer);
  tools = answer.body.tools;
  if (tools.length === 0) return show('There is no tool that this token may use.');
  at('tool').replaceChildren(...tools.map(({ name, title }) => new Option(title ? title + ' (' + name + ')' : name, name)));
  at('call').hidden = false;
  choose();
});
at('tool').addEventListener('change', choose);
busy(at('call'), async () => {
  const body = JSON.stringify({ name: at('tool').value, arguments: JSON.parse(at('arguments').value) });
  const answer = await ask('call', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  if (answer.ok || answer.status === 422) show(answer.ok ? 'Done' : 'The tool says no', answer.body);
  else refused(answer);
});
`;
