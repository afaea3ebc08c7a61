//! One line of sshd_config(5): a keyword and its arguments.
//!
//! Follows OpenSSH's own reading: the keyword ends at a blank or `=`, arguments are parted by blanks, may
//! be quoted by `"` or `'`, a backslash escapes quotes, backslashes and blanks, and an unquoted `#` starts a comment.

/// The most arguments of one line.
const ARGUMENTS_MAX: usize = 1_000;

/// A keyword in lower case, and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) keyword: String,
    pub(super) arguments: Vec<String>,
}

/// Reads a line; `None` for empty lines and comments.
pub(super) fn read(line: &str) -> Result<Option<Line>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let end = line.find(|char: char| char.is_ascii_whitespace() || char == '=').unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    Ok(Some(Line { keyword: keyword.to_ascii_lowercase(), arguments: arguments(rest)? }))
}

fn arguments(text: &str) -> Result<Vec<String>, String> {
    let mut arguments = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(char::is_ascii_whitespace).is_some() {}
        match chars.peek() {
            None | Some('#') => return Ok(arguments),
            Some(_) if arguments.len() == ARGUMENTS_MAX => return Err(format!("more than {ARGUMENTS_MAX} arguments")),
            Some(_) => arguments.push(argument(&mut chars)?),
        }
    }
}

fn argument(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let mut argument = String::new();
    let mut quote = None;
    while let Some(char) = chars.next_if(|char| quote.is_some() || !char.is_ascii_whitespace()) {
        let escaped = chars.peek().copied().filter(|next| matches!(next, '"' | '\'' | '\\') || (*next == ' ' && quote.is_none()));
        match (char, quote, escaped) {
            ('\\', _, Some(next)) => {
                argument.push(next);
                chars.next();
            }
            ('"' | '\'', None, _) => quote = Some(char),
            (_, Some(open), _) if char == open => quote = None,
            _ => argument.push(char),
        }
    }
    if quote.is_some() { Err("a quote is not closed".to_owned()) } else { Ok(argument) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, keyword: &str, arguments: &[&str]) {
        let line = read(text).unwrap().unwrap();
        assert_eq!(
            (line.keyword.as_str(), line.arguments),
            (keyword, arguments.iter().map(|a| (*a).to_owned()).collect()),
            "{text}"
        );
    }

    #[test]
    fn reads_keywords_and_arguments() {
        check("  PermitRootLogin   no  ", "permitrootlogin", &["no"]);
        check("Port=2222", "port", &["2222"]);
        check("Port = 2222 # comment", "port", &["2222"]);
        check("Subsystem\tsftp\t/usr/lib/sftp -f AUTH", "subsystem", &["sftp", "/usr/lib/sftp", "-f", "AUTH"]);
        check(r#"AllowUsers "domain\\eva b" 'x#y' back\ slash"#, "allowusers", &["domain\\eva b", "x#y", "back slash"]);
        check(r#"Banner """#, "banner", &[""]);
        check("UsePAM", "usepam", &[]);
        assert_eq!(read("# PermitRootLogin no").unwrap(), None);
        assert!(read("Banner \"open").is_err());
    }

    proptest! {
        #[test]
        fn survives_any_line(text in r#"[a-z"'\\ =#é]{0,60}"#) {
            assert!(read(&text).is_ok() || read(&text).is_err());
        }
    }
}
