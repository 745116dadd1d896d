// Builds the module that every page loads, that with the cards, and those that are loaded
// when they are opened: the dialog of a plan, the panel of a reason; --check compares
// with what is shipped, --tests builds the unit tests instead. Prints sizes beside the
// budget, and fails above it.
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const PART = new URL("../custom_components/meters_and_chargers/", import.meta.url);
const OUT = new URL("frontend/", PART);
// gzip and raw, in bytes
const BUDGET = {
  "main.js": [3_000, 10_000],
  "cards.js": [26_000, 80_000],
  // Together no more than 8,000 and 24,000.
  "plan.js": [4_500, 14_000],
  "explain.js": [3_500, 10_000],
};
const TEXTS_BUDGET = 4_000;
const PICKED = /^(card|about|form|show)_/;

const texts = Object.fromEntries(
  readdirSync(new URL("texts/", PART))
    .sort()
    .map((file) => [
      file.slice(0, 2),
      JSON.parse(readFileSync(new URL(`texts/${file}`, PART), "utf8")),
    ]),
);
const words = Object.fromEntries(
  Object.entries(texts).map(([language, { cards }]) => [
    language,
    Object.fromEntries(Object.entries(cards).filter(([key]) => PICKED.test(key))),
  ]),
);
const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  define: { WORDS: JSON.stringify(words) },
  absWorkingDir: new URL(".", import.meta.url).pathname,
  logLevel: "warning",
};

/** Take the indentation out of style sheets and templates. */
const tight = {
  name: "tight",
  setup(builder) {
    builder.onLoad({ filter: /src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: source.replace(/^ +(?=\S)/gm, " "), loader: "ts" };
    });
  },
};

if (process.argv.includes("--tests")) {
  await rm(new URL(".tests", import.meta.url), { recursive: true, force: true });
  const tests = readdirSync(new URL("tests/", import.meta.url));
  await build({
    ...common,
    entryPoints: tests
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => `tests/${file}`),
    outdir: ".tests",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    external: ["happy-dom"],
  });
} else {
  const outputs = {};
  for (const name of ["main", "cards", "plan", "explain"]) {
    const { outputFiles } = await build({
      ...common,
      entryPoints: [`src/${name}.ts`],
      external: ["./cards.js", "./plan.js", "./explain.js"],
      minify: true,
      legalComments: "eof",
      plugins: [tight],
      write: false,
    });
    outputs[`${name}.js`] = Buffer.from(outputFiles[0].contents);
  }
  await mkdir(OUT, { recursive: true });
  for (const [name, content] of Object.entries(outputs)) {
    const [most, raw] = BUDGET[name];
    const size = gzipSync(content, { level: 9 }).length;
    console.log(
      `${name}: ${size} of ${most} bytes gzip, ${content.length} of ${raw} raw`,
    );
    if (size > most || content.length > raw) process.exitCode = 1;
    const file = new URL(name, OUT);
    if (!process.argv.includes("--check")) await writeFile(file, content);
    else if (!(await readFile(file)).equals(content)) {
      console.error(`${name}: is not what its source makes: run npm run build`);
      process.exitCode = 1;
    }
  }
  for (const language of Object.keys(texts)) {
    const size = gzipSync(
      await readFile(new URL(`texts/${language}.json`, PART)),
    ).length;
    console.log(`texts/${language}.json: ${size} of ${TEXTS_BUDGET} bytes gzip`);
    if (size > TEXTS_BUDGET) process.exitCode = 1;
  }
}
