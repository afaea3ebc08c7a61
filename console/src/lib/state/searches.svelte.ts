// The saved searches that the reader sees: one list for all places that name them. Whoever shows it
// loads it; whoever changes one says so here.
import { api, type SavedSearch } from '$lib/api';
import { Load } from './load.svelte';

class Searches {
  readonly all = new Load<SavedSearch[]>();

  list = $derived(this.all.value ?? []);

  load(): Promise<SavedSearch[] | null> {
    return this.all.run((signal) => api.searches(signal));
  }

  find(id: string): SavedSearch | undefined {
    return this.list.find((search) => search.id === id);
  }
}

export const searches = new Searches();
