//! sudoers texts and what they mean.

use super::*;
use proptest::prelude::*;

/// Each rule as `who @ hosts (run as) [tags] commands`, each default as `scope word`, each gap with its place.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    let mut include = |wanted: &Include| -> Vec<File> {
        let found = files.iter().filter(|(path, _)| *path == wanted.path || (wanted.directory && path.starts_with(&wanted.path)));
        found.map(|(path, text)| ((*path).to_owned(), Ok(text.as_bytes().to_vec()))).collect()
    };
    let (sudo, gaps) = parse(files[0].0, files[0].1.as_bytes(), &mut include);
    let defaults = sudo.defaults.iter().map(|d| format!("{}| {} {}", d.place, d.scope, d.word));
    let rules = sudo.rules.iter().map(|r| {
        let (who, hosts, run_as) = (r.who.join(","), r.hosts.join(","), r.run_as.join(","));
        format!("{}| {who} @ {hosts} ({run_as}) [{}] {}", r.place, r.tags.join(" "), r.commands.join("; "))
    });
    let gaps = gaps.iter().map(|g| format!("{}| {}", g, g.detail));
    defaults.chain(rules).chain(gaps).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(said(&[("s", text)]), expected);
}

#[test]
fn reads_the_file_that_distributions_ship() {
    check(
        "# This file\nDefaults\tenv_reset\nDefaults\tsecure_path=\"/usr/sbin:/usr/bin\"\nDefaults use_pty\n\
         # User alias\nroot\tALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) NOPASSWD: ALL\n",
        &[
            "s:2|  env_reset",
            "s:3|  secure_path=/usr/sbin:/usr/bin",
            "s:4|  use_pty",
            "s:6| root @ ALL (ALL,:ALL) [] ALL",
            "s:7| %sudo @ ALL (ALL,:ALL) [NOPASSWD] ALL",
        ],
    );
}

#[test]
fn aliases_are_resolved_wherever_they_stand() {
    check(
        "ADMINS WEB = (OPS) SERVICES, !SHELLS\nUser_Alias ADMINS = eva, %wheel, !ANN : ANN = ann\n\
         Host_Alias WEB=web1,10.0.0.0/8, fe80::1/64 : DB = db1\nRunas_Alias OPS = www, #1000\n\
         Cmnd_Alias SERVICES = /bin/systemctl restart nginx, /bin/ls \"\"\nCmnd_Alias SHELLS = /bin/sh, !/bin/true\n",
        &["s:1| eva,%wheel,!ann @ web1,10.0.0.0/8,fe80::1/64 (www,#1000) [] \
           /bin/systemctl restart nginx; /bin/ls \"\"; !/bin/sh; /bin/true"],
    );
    check("UNKNOWN ALL = NOTHING\n", &["s:1| UNKNOWN @ ALL () [] NOTHING"]);
    check("User_Alias A = x\nUser_Alias A = y\n", &["s:2: unreadable| the alias A is defined twice"]);
}

#[test]
fn tags_and_run_as_carry_on() {
    check(
        "eva ALL = (www : adm) NOPASSWD: SETENV: /bin/a, /bin/b -x y, PASSWD: /bin/c, (root) CWD=/tmp NOEXEC : /bin/d\n",
        &[
            "s:1| eva @ ALL (www,:adm) [NOPASSWD SETENV] /bin/a; /bin/b -x y",
            "s:1| eva @ ALL (www,:adm) [SETENV PASSWD] /bin/c",
            "s:1| eva @ ALL (root) [SETENV PASSWD CWD=/tmp NOEXEC] /bin/d",
        ],
    );
    check("eva h1 = /bin/a : h2, h3 = /bin/b\n", &["s:1| eva @ h1 () [] /bin/a", "s:1| eva @ h2,h3 () [] /bin/b"]);
    check("eva ALL = (:adm) ALL, () ALL\n", &["s:1| eva @ ALL (:adm) [] ALL", "s:1| eva @ ALL (:) [] ALL"]);
}

#[test]
fn quotes_escapes_and_ids_are_understood() {
    check(
        "#1000, %#27, \"%domain users\", DOMAIN\\\\bob, %:ad\\ group ALL = /bin/cp a\\,b c\\:d, sudoedit /etc/hosts # end\n",
        &["s:1| #1000,%#27,%domain users,DOMAIN\\bob,%:ad group @ ALL () [] /bin/cp a,b c:d; sudoedit /etc/hosts"],
    );
    check(
        "eva ALL = sha256:aZ09+/= /bin/x, sha224:11, sha512 : 22 ALL, /usr/bin/id [a-z]\\*, ^/bin/(a|b),c$ ^-x=y:z$\n",
        &["s:1| eva @ ALL () [] sha256:aZ09+/= /bin/x; sha224:11,sha512:22 ALL; /usr/bin/id [a-z]\\*; ^/bin/(a|b),c$ ^-x=y:z$"],
    );
}

#[test]
fn lines_continue_and_comments_do_not() {
    check(
        "# a comment \\\neva ALL = /bin/a, \\\n  /bin/b \\\n\t-x\n\nbob ALL=ALL # trailing \\\nann ALL=ALL",
        &["s:2| eva @ ALL () [] /bin/a; /bin/b -x", "s:6| bob @ ALL () [] ALL", "s:7| ann @ ALL () [] ALL"],
    );
}

#[test]
fn defaults_have_scopes_and_values() {
    check(
        "Defaults:eva,ADMINS !authenticate, timestamp_timeout = -1\nDefaults@web1 log_host\nDefaults>root !set_logname\n\
         Defaults!/bin/su,PAGERS noexec\nDefaults env_keep += \"A B\", env_delete -= C , badpass_message=\"say \\\"no\\\", friend\"\n\
         User_Alias ADMINS = bob\nCmnd_Alias PAGERS = /bin/less -x\nDefaults !lecture,tty_tickets\n",
        &[
            "s:1| :eva,bob !authenticate",
            "s:1| :eva,bob timestamp_timeout=-1",
            "s:2| @web1 log_host",
            "s:3| >root !set_logname",
            "s:4| !/bin/su,/bin/less -x noexec",
            "s:5|  env_keep+=A B",
            "s:5|  env_delete-=C",
            "s:5|  badpass_message=say \"no\", friend",
            "s:8|  !lecture",
            "s:8|  tty_tickets",
        ],
    );
}

#[test]
fn files_are_included_where_they_are_named() {
    let expected = ["d/a:1| a @ ALL () [] ALL", "one:1| b @ ALL () [] ALL", "s:3| c @ ALL () [] ALL"];
    let files = [("s", "#includedir d/\n@include one\nc ALL=ALL\n"), ("one", "b ALL=ALL\n"), ("d/a", "a ALL=ALL\n")];
    assert_eq!(said(&files), expected);
    let endless = said(&[("s", "@include s\n@include s\nc ALL=ALL\n")]);
    assert!(endless.iter().any(|line| line.contains("too deeply")) && endless.len() < 2_000);
}

#[test]
fn nonsense_is_a_gap_and_the_rest_is_read() {
    check(
        "eva ALL\nbob ALL=(root ALL\nann ALL=ALL\n\"open ALL=ALL\neva ALL = /bin/a /bin/b : \nDefaults\n",
        &[
            "s:3| ann @ ALL () [] ALL",
            "s:1: unreadable| `=` is missing",
            "s:2: unreadable| `)` is missing",
            "s:4: unreadable| a quote is not closed",
            "s:5: unreadable| a name is missing",
            "s:6: unreadable| a name is missing",
        ],
    );
}

#[test]
fn aliases_of_aliases_do_not_explode() {
    let mut text = "A0 ALL = ALL\n".to_owned();
    for n in 0..30 {
        text.push_str(&format!("User_Alias A{n} = A{next}, A{next}\n", next = n + 1));
    }
    let (sudo, gaps) = parse("s", text.as_bytes(), &mut |_| Vec::new());
    assert_eq!((sudo.rules.len(), gaps.len()), (0, 1));
    assert_eq!(gaps[0].why, Obstacle::BeyondLimit);
    check("A ALL = ALL\nUser_Alias A = B : B = A\n", &["s:1| A @ ALL () [] ALL"]);
}

proptest! {
    #[test]
    fn survives_any_text(text in r#"((ALL|Defaults|User_Alias|@include|NOPASSWD:|\\|\n|"|[a-z%#!():=, /^$é]){0,80})"#) {
        parse("s", text.as_bytes(), &mut |_| vec![("s".to_owned(), Ok(b"a ALL=ALL".to_vec()))]);
    }

    #[test]
    fn survives_any_bytes(bytes: Vec<u8>) {
        parse("s", &bytes, &mut |_| Vec::new());
    }
}
