//! Deletion by subject: gone from everywhere, proven, and whole after any stop.

use super::holding::hold;
use super::{by_hand, clock, noon_plus, open_with};
use crate::files::{Columns, OpenFile, stored_events};
use crate::keep::EraseStep;
use crate::testing::{batch, sign_in, unparsed};
use crate::{Cancel, Erasure, KeepError, Lake, Query, VerifyFault, Window, link_of, link_text};
use std::path::{Path, PathBuf};
use vigie_db::Db;
use vigie_kit::problem::Explain;
use vigie_model::ids::EventId;
use vigie_model::lang::Lang;

/// Part of every event that is erased here.
const SUBJECT: &str = "eva.q8Z2fK0x";

fn erasure(query: &str) -> Erasure {
    Erasure {
        query: Query::parse(query).unwrap(),
        window: Window::all(),
        who: "anna".to_owned(),
        reason: "request 12".to_owned(),
        keep_query: false,
        spare_held: false,
    }
}

/// Sealed, merged and unsealed events of two users, ten of each in each state.
fn filled(directory: &Path) -> Lake {
    let clock = clock();
    let lake = open_with(directory, clock.clone(), by_hand());
    for round in 0..3 {
        for n in 0..10 {
            let user = if n % 2 == 0 { SUBJECT } else { "otto" };
            let time = noon_plus(round * 100 + n);
            let line = format!("line of {user}");
            lake.append(&batch(vec![
                sign_in(time, &format!("web-{}", n % 3), user, "10.0.0.1"),
                unparsed(time, line.as_bytes()),
            ]))
            .unwrap();
            if round == 0 && n % 3 == 0 || round == 1 && n == 9 {
                lake.seal().unwrap();
            }
        }
        if round == 0 {
            clock.advance(7 * 86_400);
            lake.compact().unwrap();
        }
    }
    lake
}

fn count(lake: &Lake, query: &str) -> u64 {
    let counted = lake.count(&Query::parse(query).unwrap(), &Window::all(), &Cancel::new()).unwrap();
    assert_eq!(counted.unreadable, 0);
    counted.count
}

fn all_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(all_files(&path)) } else { found.push(path) }
    }
    found
}

/// Files that have the subject in their bytes, or, unpacked, in any event.
fn files_with_subject(directory: &Path) -> Vec<PathBuf> {
    let mut found = all_files(directory);
    found.retain(|path| {
        let bytes = std::fs::read(path).unwrap();
        let plain = bytes.windows(SUBJECT.len()).any(|window| window == SUBJECT.as_bytes());
        plain || path.extension().is_some_and(|extension| extension == "parquet") && unpacked_has(path)
    });
    found
}

fn unpacked_has(path: &Path) -> bool {
    let file = OpenFile::open(&crate::disk::RealDisk, path).unwrap();
    (0..file.groups()).any(|group| {
        file.read(group, &Columns::All, None, 1000).unwrap().any(|batch| {
            stored_events(&batch.unwrap(), file.tenant()).unwrap().iter().any(|event| format!("{event:?}").contains(SUBJECT))
        })
    })
}

#[test]
fn what_is_erased_is_nowhere_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path());
    let (wanted, others) = (format!("user:{SUBJECT} OR {SUBJECT}"), count(&lake, "otto"));
    let asked = erasure(&wanted);
    let preview = lake.erasure_preview(&asked).unwrap();
    assert_eq!((preview.events, preview.held, preview.unreadable), (30, 0, 0));
    assert!(files_with_subject(directory.path()).len() > 3, "log, merged and sealed files");

    let erased = lake.erase(&asked).unwrap();
    assert_eq!((erased.events, erased.held, erased.still_read, erased.set_aside), (30, 0, 0, 0));
    assert_eq!(erased.through, EventId(60));
    assert_eq!(files_with_subject(directory.path()), Vec::<PathBuf>::new());
    assert_eq!((count(&lake, &wanted), count(&lake, "otto"), count(&lake, "")), (0, others, 30));
    assert!(lake.events_after(EventId(0), 100).unwrap().len() == 30 && lake.get(EventId(1)).unwrap().is_none());

    let proofs = lake.erasures().unwrap();
    let [proof] = &proofs[..] else { panic!("{proofs:?}") };
    assert_eq!(
        (proof.who.as_str(), proof.reason.as_str(), proof.events, Some(proof.number)),
        ("anna", "request 12", 30, erased.proof)
    );
    assert_eq!((proof.before.len() as u64, proof.query.as_ref()), (erased.files, None));
    let secret = erased.secret.unwrap();
    assert!(proof.is_of(&wanted, &secret) && !proof.is_of("otto", &secret) && !proof.is_of(&wanted, "00"));
    assert_eq!(lake.verify().unwrap().faults, []);

    drop(lake);
    let lake = open_with(directory.path(), clock(), by_hand());
    assert_eq!((count(&lake, &wanted), count(&lake, "")), (0, 30));
    assert_eq!(lake.erase(&asked).unwrap().proof, None, "nothing is left to erase");
    assert_eq!(files_with_subject(directory.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_file_with_nothing_else_goes_as_a_whole() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open_with(directory.path(), clock(), by_hand());
    lake.append(&batch(vec![unparsed(noon_plus(0), SUBJECT.as_bytes())])).unwrap();
    lake.append(&batch(vec![unparsed(noon_plus(86_400), b"another")])).unwrap();
    let erased = lake.erase(&Erasure { keep_query: true, ..erasure(SUBJECT) }).unwrap();
    assert_eq!((erased.events, erased.files, erased.secret), (1, 1, None));
    let proof = lake.erasures().unwrap().remove(0);
    assert_eq!((proof.query.as_deref(), proof.before.len(), proof.after.len()), (Some(SUBJECT), 1, 0));
    assert!(proof.is_of(SUBJECT, ""));
    assert_eq!(lake.verify().unwrap().faults, []);
}

#[test]
fn a_stop_before_any_step_leaves_everything_or_the_proof() {
    for (stop, done) in
        [(EraseStep::Write(0), false), (EraseStep::Write(2), false), (EraseStep::Commit, false), (EraseStep::Remove, true)]
    {
        let directory = tempfile::tempdir().unwrap();
        let lake = filled(directory.path());
        let stopped = lake.core().erase(&erasure(SUBJECT), &|step| step != stop);
        assert!(matches!(stopped, Err(KeepError::Cancelled)), "{stop:?}");
        drop(lake);
        let lake = open_with(directory.path(), clock(), by_hand());
        assert_eq!(lake.erasures().unwrap().len(), usize::from(done), "{stop:?}");
        assert_eq!(count(&lake, SUBJECT), if done { 0 } else { 30 }, "{stop:?}");
        assert_eq!(count(&lake, "otto"), 30, "{stop:?}");
        assert_eq!(files_with_subject(directory.path()).is_empty(), done, "{stop:?}");
        assert_eq!(lake.verify().unwrap().faults, [], "{stop:?}");
        assert_eq!(all_files(&directory.path().join("lake")).len() as u64, lake.stats().unwrap().files, "{stop:?}");
        lake.erase(&erasure(SUBJECT)).unwrap();
        assert_eq!(files_with_subject(directory.path()), Vec::<PathBuf>::new(), "{stop:?}");
    }
}

#[test]
fn what_is_held_is_not_erased() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path());
    lake.hold(&hold("case 7", &format!("user:{SUBJECT}"))).unwrap();
    let preview = lake.erasure_preview(&erasure(SUBJECT)).unwrap();
    assert_eq!((preview.events, preview.held, preview.holds), (15, 15, vec!["case 7".to_owned()]));
    let error = lake.erase(&erasure(SUBJECT)).unwrap_err();
    assert!(matches!(&error, KeepError::Held { events: 15, .. }), "{error:?}");
    assert!(error.explain().told(Lang::En).contains("case 7"));
    assert_eq!(count(&lake, SUBJECT), 30);
    let erased = lake.erase(&Erasure { spare_held: true, ..erasure(SUBJECT) }).unwrap();
    assert_eq!((erased.events, erased.held), (15, 15));
    assert_eq!((count(&lake, SUBJECT), lake.erasures().unwrap()[0].held), (15, 15));
    lake.release("case 7", "anna", "settled").unwrap();
    assert_eq!(lake.erase(&erasure(SUBJECT)).unwrap().events, 15);
    // The hold itself names the subject, in the database.
    assert_eq!(files_with_subject(&directory.path().join("lake")), Vec::<PathBuf>::new());
    assert_eq!(lake.verify().unwrap().faults, []);
}

#[test]
fn an_erasure_that_cannot_be_whole_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path());
    assert!(matches!(lake.erase(&erasure("")), Err(KeepError::EraseEverything)));
    let row = lake.core().catalogue.files().unwrap().all()[0].clone();
    std::fs::write(directory.path().join("lake").join(&row.path), b"PAR1 nonsense PAR1").unwrap();
    let error = lake.erase(&erasure(SUBJECT)).unwrap_err();
    assert!(matches!(&error, KeepError::Unreadable(path) if *path == row.path), "{error:?}");
    assert_eq!(lake.erasures().unwrap(), []);
}

#[test]
fn files_that_a_search_reads_go_when_it_ends() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path());
    lake.seal().unwrap();
    let files = lake.core().catalogue.files().unwrap();
    std::thread::scope(|scope| {
        let erasing = scope.spawn(|| lake.erase(&erasure(SUBJECT)).unwrap());
        while lake.erasures().unwrap().is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert!(!files_with_subject(directory.path()).is_empty());
        drop(files);
        assert_eq!(erasing.join().unwrap().still_read, 0);
    });
    assert_eq!(files_with_subject(directory.path()), Vec::<PathBuf>::new());
}

#[test]
fn the_first_break_is_named() {
    // Links: eight files, a merge, an erasure, and what came in their place.
    for (tamper, is_expected) in [
        ("UPDATE lake_file SET first_time = first_time - 1 WHERE number = (SELECT MAX(number) FROM lake_file)", true),
        ("UPDATE lake_file SET sealed_through = 1000000 WHERE number = (SELECT MIN(number) FROM lake_file)", true),
        ("UPDATE lake_file SET day = day + 1 WHERE number = (SELECT MIN(number) FROM lake_file)", true),
        ("DELETE FROM lake_file WHERE number = (SELECT MIN(number) FROM lake_file)", true),
        ("DELETE FROM lake_dropped WHERE number = (SELECT MIN(number) FROM lake_dropped)", true),
        ("DELETE FROM lake_act WHERE kind = 'compacted'", true),
        ("UPDATE lake_act SET body = replace(body, '\"removed\":30', '\"removed\":29') WHERE kind = 'erased'", true),
        ("UPDATE lake_act SET body = replace(body, 'anna', 'otto') WHERE kind = 'erased'", true),
        ("UPDATE lake_dropped SET act = act + 1 WHERE number = (SELECT MIN(number) FROM lake_dropped)", true),
        ("UPDATE lake_dropped SET dropped_at = 0", false),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let lake = filled(directory.path());
        lake.erase(&erasure(SUBJECT)).unwrap();
        assert_eq!(lake.verify().unwrap().faults, []);
        let db = Db::open(&directory.path().join("state.db")).unwrap();
        db.write(|w| w.execute(tamper, vigie_db::params![])).unwrap();
        let faults = lake.verify().unwrap().faults;
        let broken = matches!(faults.first(), Some(VerifyFault::Chain(_) | VerifyFault::Act(_)));
        assert_eq!(broken, is_expected, "{tamper}: {faults:?}");
    }
}

#[test]
fn a_link_kept_elsewhere_shows_that_the_end_was_cut() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path());
    let (early, number) = lake.head().unwrap();
    lake.erase(&erasure(SUBJECT)).unwrap();
    let (head, last) = lake.head().unwrap();
    let verified = lake.verify_with(Some(early), &mut |_| true).unwrap();
    assert_eq!((verified.expected, verified.faults, verified.head, verified.head_number), (Some(number), vec![], head, last));
    assert_eq!(link_of(&link_text(&head)), Some(head));
    assert_eq!(link_of("beef"), None);

    // The proof is the last link: without it nothing says that files went.
    let db = Db::open(&directory.path().join("state.db")).unwrap();
    db.write(|w| {
        w.execute("DELETE FROM lake_act WHERE number = $1", vigie_db::params![last])?;
        w.execute("DELETE FROM lake_dropped WHERE act = $1", vigie_db::params![last]).map(drop)
    })
    .unwrap();
    drop(lake);
    let lake = open_with(directory.path(), clock(), by_hand());
    assert!(lake.verify_with(Some(head), &mut |_| true).unwrap().faults.contains(&VerifyFault::Unexpected));
    let stopped = lake.verify_with(None, &mut |progress| progress.files < 1);
    assert!(matches!(stopped, Err(KeepError::Cancelled)));
}
