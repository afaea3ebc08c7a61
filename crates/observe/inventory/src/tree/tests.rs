//! Trees written to disk, and what is seen of them.

use super::*;
use crate::layer::LayerFacts;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const STATUS: &str = "Package: curl\nStatus: install ok installed\nVersion: 1\n\n";

fn write(dir: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn names(facts: &TreeFacts) -> Vec<String> {
    facts.components.iter().map(|component| format!("{} {}", component.package.ecosystem, component.package.name)).collect()
}

#[test]
fn a_system_is_told_from_sources_by_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "var/lib/dpkg/status", STATUS);
    let facts = scan(dir.path(), &Options::default()).unwrap();
    assert!(!facts.installed);
    assert_eq!((names(&facts), facts.gaps.len()), (vec!["dpkg curl".into()], 1), "of an unknown distribution");
    write(dir.path(), "etc/os-release", "ID=debian\nVERSION_ID=12\n");
    write(dir.path(), "proc/1/root/var/lib/dpkg/status", STATUS);
    for threads in [1, 4] {
        let facts = scan(dir.path(), &Options { threads: Some(threads), ..Options::default() }).unwrap();
        assert!(facts.installed);
        assert_eq!((names(&facts), facts.gaps), (vec!["Debian:12 curl".into()], vec![]));
        assert_eq!(facts.components[0].layer, None);
    }
}

#[test]
fn what_is_installed_in_a_tree_counts_where_no_lock_file_is() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "venv/lib/python3.12/site-packages/six-1.0.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: six\nVersion: 1.0\n",
    );
    let seen = |options: &Options<'_>| names(&scan(dir.path(), options).unwrap());
    assert_eq!(seen(&Options::default()), ["PyPI six"]);
    assert!(seen(&Options { setting: Some(Setting::Source), ..Options::default() }).is_empty());
    write(dir.path(), "requirements.txt", "idna==1.0\n");
    assert_eq!(seen(&Options::default()), ["PyPI idna"]);
    write(dir.path(), "app/node_modules/left/package.json", r#"{"name": "left", "version": "1.0.0"}"#);
    write(dir.path(), "app/other/node_modules/right/package.json", r#"{"name": "right", "version": "1.0.0"}"#);
    for folder in ["app/node_modules", "app/node_modules/../node_modules/"] {
        let facts = scan(&dir.path().join(folder), &Options::default()).unwrap();
        assert_eq!(
            (names(&facts), facts.components[0].path.as_str()),
            (vec!["npm left".into()], "node_modules/left/package.json")
        );
    }
}

#[test]
fn links_lead_nowhere_but_to_databases_inside() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    write(dir.path(), "outside/status", STATUS.replace("curl", "outside"));
    write(&tree, "etc/os-release", "ID=debian\nVERSION_ID=12\n");
    write(&tree, "usr/share/db/status", STATUS);
    write(&tree, "var/lib/x", "");
    symlink("../../usr/share/db", tree.join("var/lib/dpkg")).unwrap();
    symlink(dir.path().join("outside"), tree.join("usr/out")).unwrap();
    let options = Options { setting: Some(Setting::Installed), ..Options::default() };
    assert_eq!(names(&scan(&tree, &options).unwrap()), ["Debian:12 curl"]);
    fs::remove_file(tree.join("var/lib/dpkg")).unwrap();
    symlink("../../../outside", tree.join("var/lib/dpkg")).unwrap();
    assert_eq!(names(&scan(&tree, &options).unwrap()), Vec::<String>::new());
}

#[test]
fn many_folders_are_walked_by_many_threads() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..300 {
        write(dir.path(), &format!("{}/{}/{number}", number % 7, number % 31), "x");
    }
    write(dir.path(), ".git/objects/aa/bb", "x");
    fs::hard_link(dir.path().join("0/0/0"), dir.path().join("1/another-name")).unwrap();
    let one = scan(dir.path(), &Options { threads: Some(1), ..Options::default() }).unwrap();
    let many = scan(dir.path(), &Options { threads: Some(8), ..Options::default() }).unwrap();
    assert_eq!(one, many);
    assert_eq!(one.file_bytes, 300);
}

#[test]
fn a_folder_of_an_overlay_marks_what_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (base, upper) = (dir.path().join("base"), dir.path().join("upper"));
    let read = |folder: &Path| -> LayerFacts {
        let scratch = Scratch::below(dir.path()).unwrap();
        layer_of_folder(folder, Readers { scratch: &scratch, watches: &[], stop: None }).unwrap()
    };
    write(&base, "var/lib/dpkg/status", STATUS);
    write(&base, "var/lib/dpkg/status.d/other", "Package: other\nVersion: 1\n");
    write(&upper, "var/lib/dpkg/.wh.status", "");
    let merged = merge::merge(&[read(&base), read(&upper)], true);
    assert_eq!(merged.components.iter().map(|component| component.package.name.as_str()).collect::<Vec<_>>(), ["other"]);
    // Devices can be made by root only; as root, the kernel's own form is tried, too.
    let device = upper.join("var/lib/dpkg/status.d");
    if rustix::fs::mknodat(rustix::fs::CWD, &device, rustix::fs::FileType::CharacterDevice, rustix::fs::Mode::empty(), 0).is_ok()
    {
        assert_eq!(merge::merge(&[read(&base), read(&upper)], true).components, []);
    }
}

#[test]
fn what_may_not_be_read_is_a_gap() {
    assert!(matches!(scan(Path::new("/absent"), &Options::default()), Err(TreeError::Closed { .. })));
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "closed/file", "x");
    fs::set_permissions(dir.path().join("closed"), fs::Permissions::from_mode(0o0)).unwrap();
    let facts = scan(dir.path(), &Options::default()).unwrap();
    fs::set_permissions(dir.path().join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    if !rustix::process::geteuid().is_root() {
        assert_eq!(facts.gaps.iter().map(|gap| gap.what.as_str()).collect::<Vec<_>>(), ["closed"]);
    }
}
