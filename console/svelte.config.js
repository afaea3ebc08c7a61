// Runes everywhere; scoped class names from the style's own text, so that a build in another folder
// gives the same bytes.
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    cssHash: ({ hash, css }) => `v-${hash(css)}`,
  },
};
