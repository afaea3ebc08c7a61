//! The cache against a file that is read in all ways.

use super::*;
use crate::disk::RealDisk;
use std::cell::Cell;

fn content(length: u64) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8 ^ (place >> 16) as u8).collect()
}

struct World {
    directory: tempfile::TempDir,
    fetched: Cell<u64>,
}

impl World {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), fetched: Cell::new(0) }
    }

    fn open(&self, bytes_max: u64) -> Cache {
        Cache::open(Arc::new(RealDisk), self.directory.path().join("cache"), bytes_max, 0).unwrap()
    }

    fn read(&self, cache: &Cache, key: &str, content: &[u8], at: usize, length: usize) {
        let mut buffer = vec![0; length];
        let fetch = |from: u64, length: u64| {
            self.fetched.set(self.fetched.get() + length);
            let from = usize::try_from(from).unwrap();
            Ok(Bytes::copy_from_slice(&content[from..from + usize::try_from(length).unwrap()]))
        };
        cache.read((key, content.len() as u64), at as u64, &mut buffer, &fetch).unwrap();
        assert_eq!(buffer, content[at..at + length], "{length} at {at}");
    }
}

#[test]
fn blocks_are_fetched_once_and_all_bytes_are_right() {
    let world = World::new();
    let cache = world.open(100 << 20);
    let content = content(3 * BLOCK + 1000);
    let block = usize::try_from(BLOCK).unwrap();
    world.read(&cache, "a", &content, block + 10, 20);
    assert_eq!(world.fetched.get(), BLOCK);
    world.read(&cache, "a", &content, block + 500, 20);
    assert_eq!(world.fetched.get(), BLOCK, "the block is here");
    world.read(&cache, "a", &content, 5, content.len() - 5);
    assert_eq!(world.fetched.get(), content.len() as u64, "the others were missing");
    world.read(&cache, "a", &content, 0, content.len());
    assert_eq!((world.fetched.get(), cache.bytes().0), (content.len() as u64, content.len() as u64));
    assert!(cache.read(("a", 10), 5, &mut [0; 6], &|_, _| unreachable!()).is_err());
}

#[test]
fn what_was_read_longest_ago_goes_first() {
    let world = World::new();
    let cache = world.open(2 * BLOCK);
    let content = content(BLOCK);
    for key in ["a", "b", "a", "c"] {
        world.read(&cache, key, &content, 0, 10);
    }
    assert_eq!(cache.bytes().0, 2 * BLOCK);
    assert_eq!(["a", "b", "c"].map(|key| cache.length(key).is_some()), [true, false, true]);
    assert_eq!(std::fs::read_dir(world.directory.path().join("cache")).unwrap().count(), 2);
}

#[test]
fn whole_files_outlive_a_start_and_removed_ones_do_not() {
    let world = World::new();
    let content = content(1000);
    let cache = world.open(BLOCK);
    for key in ["a", "b"] {
        let beside = world.directory.path().join(key);
        std::fs::write(&beside, &content).unwrap();
        assert!(cache.adopt(key, &beside));
    }
    world.read(&cache, "part", &content, 0, 10);
    cache.remove("b").unwrap();
    drop(cache);
    let cache = world.open(BLOCK);
    assert_eq!(["a", "b", "part"].map(|key| cache.length(key)), [Some(1000), None, None]);
    let fetched = world.fetched.get();
    world.read(&cache, "a", &content, 500, 500);
    assert_eq!(world.fetched.get(), fetched);
    assert_eq!(std::fs::read_dir(world.directory.path().join("cache")).unwrap().count(), 1);
}

#[test]
fn without_room_everything_is_still_read() {
    let world = World::new();
    let cache = world.open(0);
    let content = content(2 * BLOCK + 3);
    world.read(&cache, "a", &content, 7, content.len() - 7);
    assert_eq!(cache.bytes(), (0, 0));
}
