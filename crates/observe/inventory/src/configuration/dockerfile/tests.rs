//! Whole files, and what is read of them.

use super::*;
use proptest::prelude::*;
use vigie_model::configuration::Look;

fn piece(text: &str) -> Piece {
    read("Dockerfile", text).unwrap().remove(0)
}

const WHOLE: &str = r#"# syntax=docker/dockerfile:1.7
ARG GO=1.22
ARG REGISTRY
FROM --platform=$BUILDPLATFORM golang:${GO}-alpine AS Build
ARG GO
ENV A=1 B="two $GO" C=${NOBODY}
ENV OLD way of it
WORKDIR /src/$A
SHELL ["/bin/ash", "-eo", "pipefail", "-c"]
RUN --mount=type=cache,target=/root/.cache \
    # why
    apk add --no-cache git && \
    go build ./...
COPY --chown=1:1 ["a b", "."]
FROM build AS test
RUN ["go", "test"]
FROM $REGISTRY/base
COPY --from=build /x /y
COPY <<EOF /etc/z
z
EOF
RUN <<EOF
set -e
apt-get install x
EOF
USER ${UID:-1000}
EXPOSE 80/tcp $PORT
ONBUILD RUN make
HEALTHCHECK --interval=5s CMD curl -f localhost || exit 1
ENTRYPOINT ["/y"]
CMD serve --now
"#;

#[test]
fn reads_a_whole_file() {
    let piece = piece(WHOLE);
    let stages = piece.body["stages"].as_array().unwrap().iter().flat_map(|stage| {
        let mut head = stage.clone();
        let instructions = head.as_object_mut().unwrap().remove("instructions").unwrap();
        std::iter::once(head).chain(instructions.as_array().unwrap().iter().cloned()).collect::<Vec<_>>()
    });
    let shown: String = stages.map(|line| format!("{line}\n")).collect();
    vigie_testkit::check_golden("src/configuration/dockerfile/whole.golden", &shown);
}

#[test]
fn knows_what_is_not_known() {
    let piece = piece(WHOLE);
    assert_eq!(piece.look("/stages/0/image").known().unwrap(), "golang:1.22-alpine");
    assert_eq!(piece.look("/stages/0/platform"), Look::Unknown("$BUILDPLATFORM"));
    assert_eq!(piece.look("/stages/2/image"), Look::Unknown("$REGISTRY/base"));
    assert_eq!(piece.look("/stages/1/base").known().unwrap(), 0);
    assert_eq!(piece.look("/stages/1/instructions/0/shell"), Look::Absent, "the exec form needs no shell");
    assert_eq!(piece.place("/stages/0/instructions/5/commands/1"), "Dockerfile:13");
    assert_eq!(piece.place("/stages/2/instructions/2/commands/1"), "Dockerfile:24");
}

#[test]
fn names_that_are_dockerfiles() {
    for name in ["dockerfile", "a/dockerfile.dev", "api.dockerfile", "x/containerfile", "dockerfile-alpine"] {
        assert!(is(name), "{name}");
    }
    for name in ["dockerfile.dockerignore", "dockerfile.rs", "mydockerfile", "dockerfiles", "a/dockerfile/readme"] {
        assert!(!is(name), "{name}");
    }
}

#[test]
fn says_what_it_cannot_read() {
    assert_eq!(read("Dockerfile", "just a note\nof somebody"), Ok(Vec::new()));
    assert_eq!(read("Dockerfile", "FROM {{ base }}\n{% if x %}\nRUN y\n"), Err(Unreadable::Template));
    for text in ["RUN x", "FROM a\nFOO b", "RUN x\nFROM a", "FROM a\nONBUILD"] {
        assert!(matches!(read("Dockerfile", text), Err(Unreadable::Broken(_))), "{text}");
    }
}

#[test]
fn other_shells_are_not_split() {
    let piece = piece("# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nRUN Invoke-X && b\n");
    assert_eq!(piece.look("/stages/0/instructions/0/commands").known().unwrap(), &json!([]));
}

proptest! {
    #[test]
    fn survives_any_text(text in "(FROM|RUN|ENV|COPY|ARG|SHELL|ONBUILD|HEALTHCHECK|#|<<E|E|[a=$ {}:\\[\\]\"'\\\\-]|\n){0,40}") {
        drop(read("Dockerfile", &text));
    }

    #[test]
    fn every_line_lies_in_the_file(text in "(FROM a|RUN b|ENV c=d|\\\\\n|# e\n|<<F|F|\n| ){0,40}") {
        let lines = u32::try_from(text.split('\n').count()).unwrap();
        for piece in read("Dockerfile", &text).unwrap_or_default() {
            prop_assert!(piece.lines.values().all(|line| (1..=lines).contains(line)), "{:?}", piece.lines);
        }
    }
}
