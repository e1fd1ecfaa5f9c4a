// Builds the dashboard into gateway/static/dist: one script, one style sheet and one icon with the hash of their content in their
// names (so that they can be cached for ever), and the page that names them.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const dist = join(root, 'gateway/static/dist');
const assets = join(dist, 'assets');

rmSync(assets, {recursive: true, force: true});
mkdirSync(assets, {recursive: true});

function writeAsset(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const [stem, extension] = name.split('.');
  const file = `${stem}-${hash}.${extension}`;
  writeFileSync(join(assets, file), content);
  return `/assets/${file}`;
}

const script = await build({
  entryPoints: [join(here, 'src/main.js')],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  write: false,
});
const styles = execFileSync(join(root, 'node_modules/.bin/tailwindcss'), ['--input', join(here, 'src/styles.css'), '--minify'], {cwd: root, stdio: ['ignore', 'pipe', 'pipe']});

const page = readFileSync(join(here, 'index.html'), 'utf8')
  .replace('%SCRIPT%', writeAsset('main.js', script.outputFiles[0].contents))
  .replace('%STYLES%', writeAsset('styles.css', styles))
  .replace('%FAVICON%', writeAsset('favicon.svg', readFileSync(join(here, 'favicon.svg'))));
writeFileSync(join(dist, 'index.html'), page);
