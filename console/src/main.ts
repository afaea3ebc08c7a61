// Starts the console: the reader's language first, so that nothing is ever shown without words.
import { mount } from 'svelte';
import App from './App.svelte';
import { lang, preferred } from '$lib/i18n/index.svelte';
import './styles/index.css';

// After an update of the server an old page may ask for a file that is gone: a reload brings the new one.
addEventListener('vite:preloadError', () => location.reload());

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no place for the console');
await lang.speak(preferred());
mount(App, { target });
