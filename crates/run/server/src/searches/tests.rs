//! Who sees, saves and changes which searches.

use super::*;
use std::sync::Arc;
use vigie_access::Access;
use vigie_access::audit;
use vigie_db::Db;
use vigie_testkit::FakeClock;

pub(super) fn searches() -> (Searches, Db) {
    let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
    let db = Db::in_memory().unwrap();
    Access::open(db.clone(), clock.clone()).unwrap();
    (Searches::open(db.clone(), clock).unwrap(), db)
}

pub(super) fn asker(name: &str, may_share: bool) -> Asker {
    Asker { name: name.to_owned(), may_share }
}

pub(super) fn search(name: &str, query: &str, shared: bool) -> NewSearch {
    NewSearch { name: name.to_owned(), query: query.to_owned(), span: Span::Last(3600), columns: vec!["time".into()], shared }
}

#[test]
fn own_searches_are_ones_own_and_hide_shared_ones_of_their_name() {
    let (searches, db) = searches();
    let (ada, eva) = (asker("ada", true), asker("eva", false));
    let shared = searches.save(&ada, search("failed", "status_id:2", true)).unwrap();
    let own = searches.save(&eva, search(" failed ", "status_id:2 user:eva", false)).unwrap();
    assert_eq!(own.search.name, "failed");
    assert_eq!(searches.find(&eva, "failed").unwrap(), own);
    assert_eq!(searches.find(&eva, &shared.id).unwrap(), shared);
    assert_eq!(searches.find(&ada, "failed").unwrap(), shared);
    assert!(matches!(searches.find(&ada, &own.id), Err(SearchesError::NotFound)), "nobody sees another's");
    let names = |asker| searches.list(asker).unwrap().into_iter().map(|saved| saved.id).collect::<Vec<_>>();
    assert_eq!((names(&eva), names(&ada)), (vec![own.id.clone(), shared.id.clone()], vec![shared.id.clone()]));
    assert!(matches!(searches.save(&eva, search("failed", "x", false)), Err(SearchesError::NameTaken)));

    let what: Vec<String> = audit::newest(&db, 9).unwrap().into_iter().map(|stored| stored.entry.what).collect();
    assert_eq!(what, ["save_search", "save_search"], "what is refused leaves no trace");
}

#[test]
fn shared_searches_are_changed_by_whoever_may_share() {
    let (searches, _db) = searches();
    let (ada, eva, otto) = (asker("ada", true), asker("eva", false), asker("otto", true));
    assert!(matches!(searches.save(&eva, search("a", "x", true)), Err(SearchesError::Forbidden)));
    let shared = searches.save(&ada, search("a", "x", true)).unwrap();
    assert!(matches!(searches.change(&eva, "a", search("a", "y", true)), Err(SearchesError::Forbidden)));
    assert!(matches!(searches.remove(&eva, "a"), Err(SearchesError::Forbidden)));
    assert!(matches!(searches.change(&otto, "a", search("a", "y", false)), Err(SearchesError::Forbidden)), "not taken away");
    let changed = searches.change(&otto, "a", search("b", "y", true)).unwrap();
    assert_eq!((&changed.id, &*changed.owner, &*changed.changed_by), (&shared.id, "ada", "otto"));
    assert_eq!(searches.remove(&otto, &shared.id).unwrap().search.name, "b");
    assert!(searches.list(&ada).unwrap().is_empty());
}

#[test]
fn what_cannot_be_asked_is_not_kept() {
    let (searches, _db) = searches();
    let ada = asker("ada", true);
    let mut wrong = vec![search("", "x", false), search("a\nb", "x", false), search(&"a".repeat(101), "x", false)];
    wrong.push(NewSearch { span: Span::Last(0), ..search("a", "x", false) });
    let now = Timestamp::parse("2026-11-21T08:00:00Z").unwrap();
    wrong.push(NewSearch { span: Span::Between(now, now), ..search("a", "x", false) });
    wrong.push(NewSearch { columns: vec!["c".into(); 41], ..search("a", "x", false) });
    for wrong in wrong {
        assert!(matches!(searches.save(&ada, wrong.clone()), Err(SearchesError::Invalid(_))), "{wrong:?}");
    }
    assert!(matches!(searches.save(&ada, search("a", "usr:x", false)), Err(SearchesError::Query(_))));
}
