//! What a record says beyond the fields: names and values of its own, in its own order.
//!
//! All of them stand one after another in one piece of memory, as those of [`Fields`](super::Fields) do.

/// Room for the values of most events, in bytes.
const TEXT_USUAL: usize = 64;

/// Room for the values of most events.
const VALUES_USUAL: usize = 8;

/// Names and values; a name may come several times.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Unmapped {
    text: String,
    /// Where each name and its value end.
    ends: Vec<(u32, u32)>,
}

impl Unmapped {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new(), ends: Vec::new() }
    }

    /// Adds a value at the end.
    pub fn push(&mut self, name: &str, value: &str) {
        if self.ends.is_empty() {
            self.text.reserve(TEXT_USUAL.max(name.len() + value.len()));
            self.ends.reserve(VALUES_USUAL);
        }
        // Far beyond any record that is read: what stands behind 4 GiB of others is not kept.
        let name_end = self.text.len() + name.len();
        let (Ok(middle), Ok(end)) = (u32::try_from(name_end), u32::try_from(name_end + value.len())) else { return };
        self.text.push_str(name);
        self.text.push_str(value);
        self.ends.push((middle, end));
    }

    /// Names and values in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        (0..self.ends.len()).map(|number| {
            let start = number.checked_sub(1).map_or(0, |before| self.ends[before].1 as usize);
            let (name_end, end) = (self.ends[number].0 as usize, self.ends[number].1 as usize);
            (&self.text[start..name_end], &self.text[name_end..end])
        })
    }

    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Whether a name has this value.
    #[must_use]
    pub fn contains(&self, name: &str, value: &str) -> bool {
        self.iter().any(|pair| pair == (name, value))
    }

    /// How many values there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all names and values.
    #[must_use]
    pub const fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Makes room for more values.
    pub fn reserve(&mut self, values: usize) {
        self.ends.reserve(values);
    }
}

impl<N: AsRef<str>, V: AsRef<str>> Extend<(N, V)> for Unmapped {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.push(name.as_ref(), value.as_ref());
        }
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Unmapped {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut this = Self::new();
        this.extend(pairs);
        this
    }
}

impl std::fmt::Debug for Unmapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_stay_in_their_order() {
        let mut unmapped: Unmapped = [("a", "1"), ("", ""), ("a", "é")].into_iter().collect();
        unmapped.push("b", "");
        assert_eq!(unmapped.iter().collect::<Vec<_>>(), [("a", "1"), ("", ""), ("a", "é"), ("b", "")]);
        assert_eq!((unmapped.get("a"), unmapped.get("b"), unmapped.get("c")), (Some("1"), Some(""), None));
        assert!(unmapped.contains("a", "é") && !unmapped.contains("b", "é"));
        assert_eq!(unmapped, unmapped.iter().collect());
    }
}
