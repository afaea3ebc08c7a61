// Builds the console: one page, one script and one for pages that few open, one stylesheet, one
// dictionary for each language.
// The output is a function of the sources alone: names carry content hashes, scoped class names are
// hashed from the style itself (not from a path), and nothing is inlined that the policy refuses.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const target = process.env['VIGIE_URL'] ?? 'http://localhost:8444';

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  build: {
    outDir: process.env['VIGIE_CONSOLE_OUT'] ?? 'dist',
    emptyOutDir: true,
    // Not `assets`: that is a page of the console.
    assetsDir: 'static',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    sourcemap: false,
    reportCompressedSize: false,
    license: { fileName: 'licences.txt' },
    rolldownOptions: {
      output: {
        entryFileNames: 'static/[name]-[hash].js',
        chunkFileNames: 'static/[name]-[hash].js',
        assetFileNames: 'static/[name]-[hash][extname]',
      },
    },
  },
  server: { proxy: { '/api': { target, secure: false } } },
});
