//! What breaks an encoder or the log is refused by itself; nothing else is held up or lost by it.

use super::{by_hand, clock, noon_plus, open, open_with};
use crate::testing::{POISON_OF_CODEC, POISON_OF_LOG, batch, marked, unparsed};
use crate::{AppendError, Cancel, Lake, Query, Window};

fn count(lake: &Lake, query: &str) -> u64 {
    lake.count(&Query::parse(query).unwrap(), &Window::all(), &Cancel::new()).unwrap().count
}

#[test]
fn a_batch_that_breaks_the_encoder_is_refused_and_the_next_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let refused = lake.append(&batch(vec![unparsed(noon_plus(0), POISON_OF_CODEC)]));
    assert!(matches!(refused, Err(AppendError::Poison)), "{refused:?}");
    lake.append(&batch(vec![unparsed(noon_plus(1), b"sound")])).unwrap();
    assert_eq!(count(&lake, ""), 1);
    let kept = lake.put_aside(POISON_OF_CODEC).unwrap();
    assert_eq!(std::fs::read(&kept).unwrap(), POISON_OF_CODEC);
    assert_eq!(lake.work().unwrap().set_aside, 1);
}

#[test]
fn a_batch_that_breaks_the_log_is_refused_and_those_beside_it_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let append = |thread: i64, number: i64| {
        let is_poison = number % 7 == 3;
        let raw = if is_poison { POISON_OF_LOG.to_vec() } else { format!("sound {thread} {number}").into_bytes() };
        let appended = lake.append(&batch(vec![unparsed(noon_plus(number), &raw)]));
        match appended {
            Err(AppendError::BrokeOff) => assert!(is_poison, "{thread} {number}"),
            Ok(ids) => assert!(!is_poison && ids.len() == 1, "{thread} {number}"),
            Err(error) => panic!("{error}"),
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || (0..14).for_each(|number| append(thread, number)));
        }
    });
    lake.append(&marked(noon_plus(20), "last", "journald", b"here")).unwrap();
    let sound = 4 * 12 + 1;
    assert_eq!(count(&lake, ""), sound);
    drop(lake);

    let lake = open_with(directory.path(), clock(), by_hand());
    assert_eq!(count(&lake, ""), sound, "a start finds what was taken, each once");
    assert_eq!(lake.checkpoint("journald"), Some(b"here".to_vec()));
    lake.seal().unwrap();
    assert_eq!((count(&lake, ""), count(&lake, "poison")), (sound, 0));
    assert_eq!(lake.verify().unwrap().faults, []);
    let check = lake.work().unwrap().last_check.unwrap();
    assert_eq!((check.faults, check.files), (0, Some(lake.stats().unwrap().files)));
}
