use super::*;
use crate::secrets::{FingerprintKey, Scanner};
use std::process::Command;
use vigie_model::secret::Origin;

/// A work tree made with the `git` of this machine, as users have it.
struct Fixture(tempfile::TempDir);

impl Fixture {
    fn new() -> Self {
        let fixture = Self(tempfile::tempdir().unwrap());
        fixture.git(&["init", "-q", "-b", "main"]);
        fixture
    }

    fn git(&self, arguments: &[&str]) {
        let settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        let done = Command::new("git").current_dir(self.0.path()).args(settings).args(arguments).output().unwrap();
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn open(&self) -> Repository {
        Repository::open(self.0.path()).unwrap()
    }
}

fn scanner() -> Scanner {
    Scanner::with_all_rules(FingerprintKey::new(&[3; 32]))
}

/// The first example of a rule, as its file has it.
fn example(id: &str) -> String {
    vigie_catalogue::by_id(id).unwrap().samples().0.remove(0).text
}

#[test]
fn history_tells_who_brought_a_secret_and_when_it_was_there() {
    let fixture = Fixture::new();
    fixture.write("src/a.txt", "nothing\n");
    fixture.git(&["add", "."]);
    fixture.git(&["commit", "-q", "-m", "one"]);
    fixture.write("src/conf/b.txt", &example("SEC-0001"));
    fixture.git(&["add", "."]);
    fixture.git(&["commit", "-q", "-m", "two"]);
    fixture.git(&["rm", "-q", "src/conf/b.txt"]);
    fixture.git(&["commit", "-q", "-m", "three"]);
    fixture.git(&["tag", "-a", "v1", "-m", "v1"]);
    for packed in [false, true] {
        if packed {
            fixture.git(&["gc", "-q"]);
        }
        let history = fixture.open().history(&scanner());
        assert_eq!((history.commits, history.blobs, history.unread), (3, 2, 0), "packed: {packed}");
        assert_eq!(history.secrets.len(), 1);
        assert_eq!(history.secrets[0].path, "src/conf/b.txt");
        assert!(matches!(&history.secrets[0].origin, Origin::Commit(id) if id.len() == 40));
    }
}

#[test]
fn only_what_is_staged_is_looked_at() {
    let fixture = Fixture::new();
    fixture.write("old/known.txt", &example("SEC-0001"));
    fixture.write("old/deep/x.txt", "x");
    fixture.git(&["add", "."]);
    assert_eq!(fixture.open().staged(&scanner()).unwrap().len(), 1, "before the first commit everything is new");
    fixture.git(&["commit", "-q", "-m", "one"]);
    assert_eq!(fixture.open().staged(&scanner()).unwrap(), []);
    fixture.write("new/key.txt", &example("SEC-0002"));
    assert_eq!(fixture.open().staged(&scanner()).unwrap(), [], "not staged yet");
    fixture.git(&["add", "."]);
    // What stands in the work tree does not matter, what is staged does.
    fixture.write("new/key.txt", "taken out again");
    let found = fixture.open().staged(&scanner()).unwrap();
    let seen: Vec<_> = found.iter().map(|secret| (secret.rule.as_str(), secret.path.as_str(), &secret.origin)).collect();
    assert_eq!(seen, [("SEC-0002", "new/key.txt", &Origin::Staged)]);
}

#[test]
fn a_folder_within_a_work_tree_leads_to_its_repository() {
    let fixture = Fixture::new();
    fixture.write("a/b/c.txt", "x");
    assert!(Repository::open(&fixture.0.path().join("a/b")).is_ok());
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(matches!(Repository::open(elsewhere.path()), Err(RepositoryError::None { .. })));
}
