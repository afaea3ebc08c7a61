//! A small reader of shell scripts: which commands does a `RUN` start, with which words?
//!
//! Commands are separated by `&&`, `||`, `;`, `|`, `&` and line ends; scripts in `$(…)`, backquotes, `<(…)` and
//! behind `sh -c` are read, too. Nothing is evaluated: a word with a variable keeps it (`$X`), functions, loops and
//! conditions are looked through as if each command in them ran. A reader of this kind can miss a command; it does
//! not invent one.

use super::lines::heredoc_words;

/// The deepest script in a script.
const DEPTH_MAX: usize = 6;
/// The most commands of one script, those of inner scripts included.
pub(super) const COMMANDS_MAX: usize = 2000;

/// One command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Where it begins in the outermost script.
    pub(super) at: usize,
    /// What stands before it: `&&`, `||`, `;`, `|`, `&`, or nothing for the first.
    pub(super) after: &'static str,
    /// The program and its arguments, without quotes.
    pub(super) words: Vec<String>,
    /// Variables that are set for it alone, or, without words, for what follows.
    pub(super) env: Vec<(String, String)>,
    /// Programs that start it: `sudo`, `xargs`.
    pub(super) by: Vec<String>,
    /// Redirections: sign and file.
    pub(super) to: Vec<(&'static str, String)>,
    /// Whether it stands in a script within the script.
    pub(super) inner: bool,
}

/// Reads a script.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let mut found = Vec::new();
    read(script, 0, 0, &mut found);
    found
}

/// Whether a program is a shell, by its path.
pub(super) fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "mksh")
}

/// The script that a shell gets with `-c`.
pub(super) fn script_of(words: &[String]) -> Option<&str> {
    let program = words.first()?;
    let su = program.rsplit('/').next() == Some("su");
    if !is_shell(program) && !su {
        return None;
    }
    let is_c = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
    let at = words.iter().position(is_c)?;
    words.get(at + 1).map(String::as_str)
}

#[derive(Debug)]
enum Token {
    Word { text: String, at: usize, inner: Vec<String> },
    Sign(&'static str),
    Redirect(&'static str),
}

fn read(script: &str, base: usize, depth: usize, found: &mut Vec<Command>) {
    if depth > DEPTH_MAX {
        return;
    }
    // In a script within the script every command stands where that script stands.
    let place = |at: usize| if depth == 0 { at } else { base };
    let mut parts = Parts::default();
    for token in Lexer::of(script).tokens() {
        if found.len() >= COMMANDS_MAX {
            return;
        }
        match token {
            Token::Sign(sign) => parts.finish(sign, depth, found),
            Token::Redirect(sign) => parts.redirect = Some(sign),
            Token::Word { text, at, inner } => {
                parts.word(text, place(at));
                parts.inner.extend(inner.into_iter().map(|script| (script, place(at))));
            }
        }
    }
    parts.finish("", depth, found);
}

/// A command that is not whole yet.
#[derive(Default)]
struct Parts {
    after: &'static str,
    at: Option<usize>,
    words: Vec<String>,
    env: Vec<(String, String)>,
    to: Vec<(&'static str, String)>,
    redirect: Option<&'static str>,
    inner: Vec<(String, usize)>,
    /// Words of `for` and `case` are no command.
    skip: bool,
}

impl Parts {
    fn word(&mut self, text: String, at: usize) {
        if let Some(sign) = self.redirect.take() {
            self.to.push((sign, text));
            return;
        }
        if self.skip {
            return;
        }
        if self.words.is_empty() {
            match text.as_str() {
                "if" | "then" | "else" | "elif" | "do" | "while" | "until" | "!" | "{" | "}" | "fi" | "done" | "esac"
                    if self.env.is_empty() =>
                {
                    return;
                }
                "for" | "case" | "select" | "function" => {
                    self.skip = true;
                    return;
                }
                _ => {}
            }
            if let Some((name, value)) = assignment(&text) {
                self.at.get_or_insert(at);
                self.env.push((name.to_owned(), value.to_owned()));
                return;
            }
        }
        self.at.get_or_insert(at);
        self.words.push(text);
    }

    fn finish(&mut self, sign: &'static str, depth: usize, found: &mut Vec<Command>) {
        let mut done = std::mem::take(self);
        self.after = sign;
        if let Some(at) = done.at {
            let (by, env, words) = unwrapped(done.words, done.env);
            let script = script_of(&words).map(str::to_owned);
            found.push(Command { at, after: done.after, words, env, by, to: done.to, inner: depth > 0 });
            if let Some(script) = script {
                // What stands in the script is found there.
                done.inner.retain(|(inner, _)| !script.contains(inner.as_str()));
                read(&script, at, depth + 1, found);
            }
        }
        for (script, at) in done.inner {
            read(&script, at, depth + 1, found);
        }
    }
}

/// `NAME=value`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let plain = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    (plain && name.starts_with(|first: char| !first.is_ascii_digit())).then_some((name, value))
}

type Env = Vec<(String, String)>;

/// Takes off programs that only start another one.
fn unwrapped(mut words: Vec<String>, mut env: Env) -> (Vec<String>, Env, Vec<String>) {
    let mut by = Vec::new();
    while let Some(name) = words.first().map(|word| word.rsplit('/').next().unwrap_or(word).to_owned()) {
        // Options that take a value of their own, and how many words stand before the command.
        let (valued, fixed): (&[&str], usize) = match name.as_str() {
            "sudo" => (&["-u", "-g", "-h", "-p", "-C", "-U", "--user", "--group"], 0),
            "xargs" => (&["-n", "-I", "-P", "-d", "-a", "-L", "-s", "-E"], 0),
            "env" => (&["-u", "-C", "-S"], 0),
            "nice" | "ionice" => (&["-n", "-c", "-p"], 0),
            "timeout" => (&["-s", "-k"], 1),
            "gosu" | "su-exec" => (&[], 1),
            "exec" | "command" | "nohup" | "time" | "eatmydata" | "doas" | "builtin" | "chronic" => (&["-u"], 0),
            _ => return (by, env, words),
        };
        let mut at = 1;
        while let Some(word) = words.get(at).filter(|word| word.starts_with('-') && word.len() > 1) {
            at += if valued.contains(&word.as_str()) { 2 } else { 1 };
        }
        at += fixed;
        while let Some((name, value)) = words.get(at).and_then(|word| assignment(word)) {
            env.push((name.to_owned(), value.to_owned()));
            at += 1;
        }
        if at >= words.len() {
            return (by, env, words);
        }
        words.drain(..at);
        by.push(name);
    }
    (by, env, words)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Here-documents whose text begins behind the next line end.
    heredocs: Vec<(String, bool)>,
}

impl<'a> Lexer<'a> {
    const fn of(text: &'a str) -> Self {
        Self { text, at: 0, heredocs: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn tokens(mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while let Some(next) = self.peek() {
            match next {
                '\n' => {
                    self.at += 1;
                    tokens.push(Token::Sign(";"));
                    self.pass_heredocs();
                }
                _ if next.is_whitespace() => drop(self.bump()),
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                '#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ => tokens.push(self.token()),
            }
        }
        tokens
    }

    fn token(&mut self) -> Token {
        const SIGNS: [(&str, &str); 11] = [
            ("&&", "&&"),
            ("||", "||"),
            ("|&", "|"),
            (";;&", ";"),
            (";;", ";"),
            (";&", ";"),
            (";", ";"),
            ("|", "|"),
            ("(", ";"),
            (")", ";"),
            ("&", "&"),
        ];
        if let Some(sign) = self.redirect() {
            return Token::Redirect(sign);
        }
        for (written, sign) in SIGNS {
            if self.rest().starts_with(written) {
                self.at += written.len();
                return Token::Sign(sign);
            }
        }
        self.word()
    }

    fn redirect(&mut self) -> Option<&'static str> {
        const SIGNS: [(&str, &str); 12] = [
            ("&>>", ">>"),
            ("&>", ">"),
            ("<<<", "<<<"),
            ("<<-", "<<"),
            ("<<", "<<"),
            ("<&", "<"),
            ("<>", "<"),
            ("<", "<"),
            (">>", ">>"),
            (">&", ">&"),
            (">|", ">"),
            (">", ">"),
        ];
        let rest = self.rest();
        let digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
        let behind = rest.get(digits..)?;
        let (written, sign) = SIGNS.into_iter().find(|(written, _)| behind.starts_with(written))?;
        // `<(…)` is a word.
        if matches!(written, "<" | ">") && behind.get(1..)?.starts_with('(') {
            return None;
        }
        if sign == "<<" {
            self.heredocs.extend(heredoc_words(behind.lines().next().unwrap_or_default()).into_iter().take(1));
        }
        self.at += digits + written.len();
        Some(sign)
    }

    fn pass_heredocs(&mut self) {
        for (name, dash) in std::mem::take(&mut self.heredocs) {
            let mut at = self.at;
            for line in self.rest().split_inclusive('\n') {
                at += line.len();
                let bare = line.trim_end_matches(['\n', '\r']);
                if name == if dash { bare.trim_start_matches('\t') } else { bare } {
                    self.at = at;
                    break;
                }
            }
        }
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        let (mut text, mut inner) = (String::new(), Vec::new());
        while let Some(next) = self.peek() {
            match next {
                _ if next.is_whitespace() || ";|&()".contains(next) => break,
                '<' | '>' => {
                    if !self.rest().get(1..).is_some_and(|behind| behind.starts_with('(')) {
                        break;
                    }
                    self.at += 1;
                    text.push(next);
                    self.parentheses(&mut text, &mut inner);
                }
                '\'' => {
                    self.at += 1;
                    let inside = self.rest().split('\'').next().unwrap_or_default();
                    text.push_str(inside);
                    self.at = (self.at + inside.len() + 1).min(self.text.len());
                }
                '"' => self.quoted(&mut text, &mut inner),
                '\\' => {
                    self.at += 1;
                    text.extend(self.bump().filter(|char| *char != '\n'));
                }
                '$' | '`' => self.dollar(&mut text, &mut inner),
                _ => text.extend(self.bump()),
            }
        }
        if self.at == start {
            // Whatever it is, go on.
            self.bump();
        }
        Token::Word { text, at: start, inner }
    }

    fn quoted(&mut self, text: &mut String, inner: &mut Vec<String>) {
        self.at += 1;
        while let Some(next) = self.peek() {
            match next {
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' => {
                    self.at += 1;
                    match self.bump() {
                        Some('\n') => {}
                        Some(char) if "$`\"\\".contains(char) => text.push(char),
                        Some(char) => text.extend(['\\', char]),
                        None => {}
                    }
                }
                '$' | '`' => self.dollar(text, inner),
                _ => text.extend(self.bump()),
            }
        }
    }

    /// A variable or an inner script, which stays in the word as it is written.
    fn dollar(&mut self, text: &mut String, inner: &mut Vec<String>) {
        let first = self.bump();
        text.extend(first);
        if first == Some('`') {
            let inside = self.rest().split('`').next().unwrap_or_default();
            text.push_str(inside);
            self.at = (self.at + inside.len() + 1).min(self.text.len());
            text.push('`');
            inner.push(inside.to_owned());
            return;
        }
        match self.peek() {
            Some('(') => self.parentheses(text, inner),
            Some('{') => {
                let length = balanced(self.rest(), '{', '}');
                text.push_str(self.rest().get(..length).unwrap_or_default());
                self.at += length;
            }
            _ => {}
        }
    }

    fn parentheses(&mut self, text: &mut String, inner: &mut Vec<String>) {
        let length = balanced(self.rest(), '(', ')');
        let whole = self.rest().get(..length).unwrap_or_default();
        text.push_str(whole);
        self.at += length;
        // `$((…))` is a sum.
        if !whole.starts_with("((") {
            inner.push(whole.trim_start_matches('(').strip_suffix(')').unwrap_or_default().to_owned());
        }
    }
}

/// The length of what a parenthesis or brace opens, both included; all when it never closes.
fn balanced(text: &str, open: char, close: char) -> usize {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match quote {
            Some('\'') if char != '\'' => {}
            _ if char == '\\' => drop(chars.next()),
            Some(open) if open == char => quote = None,
            Some(_) => {}
            None if char == '"' || char == '\'' => quote = Some(char),
            None if char == open => depth += 1,
            None if char == close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + char.len_utf8();
                }
            }
            None => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(script: &str) -> Vec<String> {
        let one = |command: Command| {
            let env: String = command.env.iter().map(|(name, value)| format!("{name}={value} ")).collect();
            let by: String = command.by.iter().map(|by| format!("[{by}] ")).collect();
            let to: String = command.to.iter().map(|(sign, file)| format!(" {sign}{file}")).collect();
            let inner = if command.inner { "^" } else { "" };
            format!("{inner}{}{env}{by}{}{to}", command.after, command.words.join(","))
        };
        commands(script).into_iter().map(one).collect()
    }

    #[test]
    fn finds_commands() {
        assert_eq!(
            shown("apt-get update && apt-get install -y 'a b' | tee x; y"),
            ["apt-get,update", "&&apt-get,install,-y,a b", "|tee,x", ";y"]
        );
        assert_eq!(shown("A=1 B=\"$C\" sudo -E -u root X=2 apk add a"), ["A=1 B=$C X=2 [sudo] apk,add,a"]);
        assert_eq!(shown("if ! curl -f x; then echo no; fi"), ["curl,-f,x", ";echo,no"]);
        assert_eq!(shown("for i in a b; do rm $i; done"), [";rm,$i"]);
        assert_eq!(shown("case $x in a) one;; *) two;; esac"), [";one", ";*", ";two"]);
        assert_eq!(shown("(cd a && b) > x 2>&1 # c && d"), [";cd,a", "&&b"]);
        assert_eq!(shown("echo a#b > x 2>/dev/null"), ["echo,a#b >x >/dev/null"]);
    }

    #[test]
    fn looks_into_inner_scripts() {
        assert_eq!(shown("bash -c \"$(curl -fsSL u)\""), ["bash,-c,$(curl -fsSL u)", "^$(curl -fsSL u)", "^curl,-fsSL,u"]);
        assert_eq!(shown("sh -exc 'a && b'"), ["sh,-exc,a && b", "^a", "^&&b"]);
        assert_eq!(shown("bash <(wget -qO- u)"), ["bash,<(wget -qO- u)", "^wget,-qO-,u"]);
        assert_eq!(shown("V=`a b` c"), ["V=`a b` c", "^a,b"]);
        assert_eq!(shown("x $((1+2)) ${a:-(} y"), ["x,$((1+2)),${a:-(},y"]);
    }

    #[test]
    fn passes_here_documents_by() {
        assert_eq!(shown("cat <<EOF > f\napt-get install x\nEOF\nls"), ["cat <<EOF >f", ";ls"]);
        assert_eq!(shown("xargs -n 1 apt-get install -y < list"), ["[xargs] apt-get,install,-y <list"]);
    }

    proptest! {
        #[test]
        fn survives_any_script(script in "[a-c $(){}<>|&;\"'`\\\\=#\n-]{0,80}") {
            drop(commands(&script));
        }
    }
}
