// Builds the script tag into gateway/static/dist/static/frontend/gtm: under its name, under a name with the hash of its content, with
// source maps, and what a page needs to name it (integrity, companion snippet). Fails where the script outgrows its budget.
import {createHash} from 'node:crypto';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';
import {minify} from 'terser';

const BUDGET_BYTES = 5120;

const here = dirname(fileURLToPath(import.meta.url));
const out = join(dirname(here), 'gateway/static/dist/static/frontend/gtm');

async function bundle(entry) {
  const {outputFiles} = await build({
    entryPoints: [join(here, 'src', entry)],
    bundle: true,
    format: 'iife',
    target: 'es2018',
    minify: true, // and once more below, which saves another twentieth
    mangleProps: /^_[a-z]/,
    sourcemap: 'external',
    legalComments: 'none',
    charset: 'utf8',
    write: false,
    outdir: out,
  });
  const find = (end) => outputFiles.find(({path}) => path.endsWith(end)).text;
  const {code, map} = await minify(find('.js'), {ecma: 2018, compress: {passes: 3, inline: 1}, sourceMap: {content: find('.map')}});
  return {code, map};
}

const digest = (algorithm, text) => createHash(algorithm).update(text).digest('base64');

const {code, map} = await bundle('main.js');
const snippet = (await bundle('snippet.js')).code;

rmSync(out, {recursive: true, force: true});
mkdirSync(out, {recursive: true});
// The same bytes under both names: the integrity is of both. Browsers learn of the source map by a header.
const script = `${code}\n`;
const hash = createHash('sha256').update(script).digest('hex').slice(0, 12);
const file = `mab-script-${hash}.js`;
writeFileSync(join(out, 'mab-script.js'), script);
writeFileSync(join(out, file), script);
writeFileSync(join(out, 'mab-script.js.map'), map);
writeFileSync(join(out, 'mab-script.json'), `${JSON.stringify({
  file, integrity: `sha384-${digest('sha384', script)}`, snippet, snippet_csp: `'sha256-${digest('sha256', snippet)}'`,
}, null, 2)}\n`);

// The gateway sends these very bytes: another compressor's would be some more or less.
const compressed = gzipSync(script, {level: 9});
writeFileSync(join(out, 'mab-script.js.gz'), compressed);
writeFileSync(join(out, `${file}.gz`), compressed);
console.log(`script: ${compressed.length} bytes compressed, of ${BUDGET_BYTES}; the snippet has ${snippet.length}`);
if (compressed.length >= BUDGET_BYTES) throw new Error(`the script is ${compressed.length} bytes compressed: not less than ${BUDGET_BYTES}`);
