//! The operations, in memory and in a directory; against servers in `vigie`'s tests `it`.

use super::*;
use futures_util::TryStreamExt;
use vigie_kit::problem::Explain;
use vigie_model::lang::Lang;

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

async fn keys(objects: &Objects, prefix: &str, after: Option<&str>) -> Vec<String> {
    objects.list(prefix, after).map_ok(|object| object.key).try_collect().await.unwrap()
}

async fn check(objects: Objects) {
    assert_eq!(keys(&objects, "", None).await, Vec::<String>::new());
    for key in ["b/2", "a/1", "b/1", "bc/1", "b/3 with=sign"] {
        objects.put(key, Bytes::from(key.to_owned())).await.unwrap();
    }
    assert_eq!(keys(&objects, "", None).await, ["a/1", "b/1", "b/2", "b/3 with=sign", "bc/1"]);
    assert_eq!(keys(&objects, "b", Some("b/1")).await, ["b/2", "b/3 with=sign"]);

    assert_eq!(objects.get_range("b/3 with=sign", 2..100, None).await.unwrap(), "3 with=sign");
    assert_eq!(objects.head("a/1").await.unwrap().size, 3);
    assert!(matches!(objects.head("none").await, Err(ObjectsError::NotFound { .. })));
    assert!(matches!(objects.get("none").await.map(|_| ()), Err(ObjectsError::NotFound { .. })));
    assert!(matches!(objects.put("a//b", Bytes::new()).await, Err(ObjectsError::Key { .. })));

    assert!(!objects.put_if_absent("a/1", Bytes::from("x")).await.unwrap());
    assert!(objects.put_if_absent("a/2", Bytes::new()).await.unwrap());
    let empty = objects.get("a/2").await.unwrap();
    assert_eq!(empty.chunks.try_collect::<Vec<_>>().await.unwrap().concat(), b"");

    let large: Vec<u8> = (0..CHUNK_BYTES + 5).map(|byte| (byte % 251) as u8).collect();
    objects.put("large", large.clone().into()).await.unwrap();
    let reading = objects.get("large").await.unwrap();
    let chunks: Vec<Bytes> = reading.chunks.try_collect().await.unwrap();
    assert_eq!((chunks.len(), chunks.concat() == large), (2, true));

    let reading = objects.get("large").await.unwrap();
    objects.put("large", Bytes::from(vec![1; large.len() + 1])).await.unwrap();
    assert!(matches!(reading.chunks.try_collect::<Vec<_>>().await, Err(ObjectsError::Changed { .. })));

    objects.delete("large").await.unwrap();
    objects.delete("large").await.unwrap();
    assert!(matches!(objects.head("large").await, Err(ObjectsError::NotFound { .. })));
}

#[test]
fn memory_does_it_all() {
    block(check(Objects::in_memory()));
}

#[test]
fn a_directory_does_it_all() {
    let dir = tempfile::tempdir().unwrap();
    let address = format!("file://{}/below", dir.path().display());
    block(check(Objects::open(&address, Limits::default()).unwrap()));
    assert!(dir.path().join("below/a/1").is_file());
}

#[test]
fn threads_do_it_too_also_within_an_executor() {
    block(async {
        let blocking = Blocking::new(Objects::in_memory()).unwrap();
        for length in [0, 7, CHUNK_BYTES, 2 * CHUNK_BYTES + 3] {
            blocking
                .put_from("x", length, &mut |at, buffer| {
                    for (place, byte) in (at..).zip(buffer) {
                        *byte = (place % 251) as u8;
                    }
                    Ok(())
                })
                .unwrap();
            assert_eq!(blocking.head("x").unwrap().size, length);
            let tail = blocking.get_range("x", length.saturating_sub(3)..length).unwrap();
            let expected: Vec<u8> = (length.saturating_sub(3)..length).map(|place| (place % 251) as u8).collect();
            assert_eq!(tail, expected);
        }
        let broken = blocking.put_from("y", 3, &mut |_, _| Err(std::io::Error::other("disk")));
        assert_eq!(broken.unwrap_err().to_string(), "disk");
        assert_eq!(blocking.list("", None, 10).unwrap().len(), 1);
        assert!(blocking.put_if_absent("z", Bytes::new()).unwrap());
        blocking.delete("x").unwrap();
        assert_eq!(blocking.list("", None, 1).unwrap()[0].key, "z");
    });
}

#[test]
fn nobody_there_is_one_sentence_with_a_hint() {
    let limits = Limits { retries_max: 0, ..Limits::default() };
    let objects = Objects::open("gs://bucket?endpoint=http://127.0.0.1:1", limits);
    // Without credentials it is refused at once; with some in the environment, when it is asked.
    let error = match objects {
        Err(error) => error,
        Ok(objects) => block(objects.head("x")).unwrap_err(),
    };
    let told = error.explain().told(Lang::En);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.starts_with("gs://bucket?endpoint=http://127.0.0.1:1 "), "{told}");
}
