// Builds the dashboard into gateway/static/dist: scripts, a style sheet and an icon with the hash of their content in their names
// (so that they can be cached for ever), and the page that names them. What only some pages need (charts) is a script of its own,
// loaded when it is needed. Fails where the first load outgrows its budget.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';

// Of all that the first load of any page takes together, compressed, with the charts.
const BUDGET_BYTES = 120 * 1024;

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const dist = join(root, 'gateway/static/dist');
const assets = join(dist, 'assets');
let compressed = 0;

rmSync(assets, {recursive: true, force: true});
mkdirSync(assets, {recursive: true});

function writeFile(path, content) {
  writeFileSync(path, content);
  compressed += gzipSync(content).length;
}

function writeAsset(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const [stem, extension] = name.split('.');
  const file = `${stem}-${hash}.${extension}`;
  writeFile(join(assets, file), content);
  return `/assets/${file}`;
}

async function bundle(entry, options) {
  const result = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    target: 'es2022',
    minify: true,
    write: false,
    outdir: assets,
    ...options,
  });
  return result.outputFiles;
}

const scripts = await bundle('src/main.js', {format: 'esm', splitting: true, entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]'});
for (const {path, contents} of scripts) writeFile(path, contents);
const main = scripts.find(({path}) => basename(path).startsWith('main-'));
const [theme] = await bundle('src/core/theme.js', {format: 'iife'});
const styles = execFileSync(join(root, 'node_modules/.bin/tailwindcss'), ['--input', join(here, 'src/styles/main.css'), '--minify'], {cwd: root, stdio: ['ignore', 'pipe', 'pipe']});

const page = readFileSync(join(here, 'index.html'), 'utf8')
  .replace('%SCRIPT%', `/assets/${basename(main.path)}`)
  .replace('%THEME%', writeAsset('theme.js', theme.contents))
  .replace('%STYLES%', writeAsset('styles.css', styles))
  .replace('%FAVICON%', writeAsset('favicon.svg', readFileSync(join(here, 'favicon.svg'))));
writeFile(join(dist, 'index.html'), page);

console.log(`dashboard: ${(compressed / 1024).toFixed(1)} KiB compressed, of ${BUDGET_BYTES / 1024}`);
if (compressed > BUDGET_BYTES) throw new Error(`the dashboard is ${compressed} bytes compressed: more than ${BUDGET_BYTES}`);
