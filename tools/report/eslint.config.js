import js from "@eslint/js";

const browser = Object.fromEntries(["window", "document", "getComputedStyle", "setTimeout", "clearTimeout", "URL", "Blob", "ResizeObserver", "Intl"].map((n) => [n, "readonly"]));

export default [
  js.configs.recommended,
  { rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error", "no-implied-eval": "error", "no-unused-vars": ["error", { argsIgnorePattern: "^_" }] } },
  { files: ["**/assets/*.js"], languageOptions: { sourceType: "script", globals: browser } },
  { files: ["**/*.mjs"], languageOptions: { globals: { ...browser, process: "readonly", console: "readonly" } } },
];
