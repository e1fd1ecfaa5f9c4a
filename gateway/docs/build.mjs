// Puts the API documentation's page together in gateway/static/dist/docs, beside the OpenAPI document that
// gateway/generate.sh writes there.
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const swagger = join(here, "../../node_modules/swagger-ui-dist");
const target = join(here, "../static/dist/docs");

await mkdir(target, { recursive: true });
await Promise.all([
  ...["index.html", "init.js"].map((name) => copyFile(join(here, name), join(target, name))),
  ...["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"].map((name) =>
    copyFile(join(swagger, name), join(target, name)),
  ),
  copyFile(join(swagger, "LICENSE"), join(target, "swagger-ui-LICENSE.txt")),
]);
