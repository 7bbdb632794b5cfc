//! What somebody probably meant.

/// The one of `names` that `text` was probably meant to be: at most a third of its letters are
/// wrong, swapped, missing or superfluous. Letter case does not matter.
pub fn nearest<S: AsRef<str>>(text: &str, names: impl IntoIterator<Item = S>) -> Option<S> {
    let text = text.to_lowercase();
    let limit = text.chars().count() / 3;
    let distance = |name: &S| strsim::damerau_levenshtein(&text, &name.as_ref().to_lowercase());
    let candidates = names.into_iter().map(|name| (distance(&name), name));
    let near = candidates.filter(|(distance, _)| *distance <= limit);
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}
