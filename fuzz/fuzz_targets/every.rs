//! Every target, for a moment each, among the ordinary tests: first its seeds, then random changes to them.
//!
//! A fifth of a second each; with `VIGIE_TIER=long` a minute in all, which starts elsewhere each time. What made a
//! target stop lies in `artifacts/TARGET` afterwards. Following branches is libFuzzer's work: see the README.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vigie_fuzz::mutate::Mutator;

macro_rules! targets {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(
            mod $name;
            #[test]
            fn $name() {
                exercise(stringify!($name), $name::run);
            }
        )*
    };
}

targets! {
    address_database advisories_file apk_installed apt_list apt_list_packed apt_release arm_template audit_webhook boot_time
    bulk_request bundle cgroup compose container_engine container_files correlation_state cursors dockerfile
    dpkg_status epss event_log event_samples flows fluent_forward framing gelf git_index group http_answer
    ignore_file image_archive image_layer journal_export json_records kev kubernetes_manifests licence_texts
    licences line_patterns list_framing log_batch log_formats log_segment login_defs loki_push malware mountinfo octet_framing
    os_release
    osv_record osv_zip otlp_logs package_files package_log packed_bodies passphrase passwd private_key provenance
    query sbom secrets sent_lines shadow sigma_rules socket_table splunk_events spool_segment sshd_config sshd_effective
    sudoers syslog terraform time time_zone vendor_feeds version_order vex yara_rules
}

/// An input that takes longer than this has found something; far above what a busy machine makes of it.
const SLOW: Duration = Duration::from_secs(10);

fn exercise(name: &str, target: fn(&[u8])) {
    let seeds = seeds(name);
    let (start, time) = if std::env::var("VIGIE_TIER").is_ok_and(|tier| tier == "long") {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        (now.as_nanos() as u64, Duration::from_secs(60) / NAMES.len() as u32)
    } else {
        (0, Duration::from_millis(200))
    };
    for seed in &seeds {
        look(name, target, seed);
    }
    let (mut mutator, begin) = (Mutator::new(start), Instant::now());
    while begin.elapsed() < time {
        look(name, target, &mutator.mutant(&seeds));
    }
}

fn look(name: &str, target: fn(&[u8]), input: &[u8]) {
    let begin = Instant::now();
    // What a panic says is shown already, by its hook.
    let stopped = catch_unwind(AssertUnwindSafe(|| target(input))).is_err();
    let taken = begin.elapsed();
    if stopped || taken > SLOW {
        let folder = root().join("artifacts").join(name);
        fs::create_dir_all(&folder).expect("a folder can be made");
        let path = folder.join("found");
        fs::write(&path, input).expect("the input can be kept");
        assert!(!stopped && taken <= SLOW, "after {taken:?}; the input is {}", path.display());
    }
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(root().join("seeds").join(name)).expect("a target has seeds");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("the folder can be read").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed can be read")).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn none_is_left_out() {
    let files = fs::read_dir(root().join("fuzz_targets")).expect("the folder is there");
    let mut there: Vec<String> = files
        .filter_map(|file| file.expect("the folder can be read").path().file_stem()?.to_str().map(str::to_owned))
        .filter(|name| name != "every")
        .collect();
    there.sort();
    assert_eq!(there, NAMES);
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest is there");
    let listed = |name: &&str| manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\""));
    assert_eq!(NAMES.iter().filter(|name| !listed(name)).count(), 0, "a target without a program");
}
