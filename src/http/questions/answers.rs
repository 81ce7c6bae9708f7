//! Answers that were given lately: whoever asks the same again of the same fits is given the same bytes.
//!
//! Most questions come once: an answer is remembered when its question comes for the second time. One that takes long is at
//! once: whoever comes back to its page asks it again.

use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use axum::body::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::ask::cache::asked::Asked;
use crate::timing::Predictors;

/// Answers by the text of their questions, as long as the fits are the same.
#[derive(Debug)]
pub(in crate::http) struct Answers(ArcSwap<Given>);

/// What was answered by `fits`.
#[derive(Debug)]
struct Given {
    /// Weak, so that fits which were replaced are not kept for it.
    fits: Weak<Predictors>,
    answers: Cache<Box<[u8]>, Bytes, Size>,
    asked: Asked,
}

/// Bytes of all questions and answers that are remembered.
const MOST: u64 = 8 << 20;
/// Those of the longest, of which there is room for 128.
const LONGEST: usize = 64 << 10;

/// Bytes of a question and its answer.
#[derive(Clone, Debug)]
struct Size;

impl Weighter<Box<[u8]>, Bytes> for Size {
    fn weight(&self, question: &Box<[u8]>, answer: &Bytes) -> u64 {
        u64::try_from(question.len() + answer.len()).unwrap_or(u64::MAX)
    }
}

impl Given {
    fn by(fits: &Arc<Predictors>) -> Self {
        Self {
            fits: Arc::downgrade(fits),
            answers: Cache::with_weighter(128, MOST, Size),
            asked: Asked::default(),
        }
    }

    /// Remembers `answer`, unless it is long.
    fn keep(&self, question: &[u8], answer: &Bytes) {
        if question.len() + answer.len() <= LONGEST {
            self.answers.insert(question.into(), answer.clone());
        }
    }

    fn is_by(&self, fits: &Arc<Predictors>) -> bool {
        std::ptr::eq(self.fits.as_ptr(), Arc::as_ptr(fits))
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self(ArcSwap::from_pointee(Given::by(&Arc::default())))
    }
}

impl Answers {
    /// What `fits` have answered to `question`.
    pub(in crate::http) fn find(&self, fits: &Arc<Predictors>, question: &[u8]) -> Option<Bytes> {
        let given = self.0.load();
        given
            .is_by(fits)
            .then(|| given.answers.get(question))
            .flatten()
    }

    /// Remembers `answer`, which follows from `fits` and `question` alone, where that came before.
    pub(in crate::http) fn keep(&self, fits: &Arc<Predictors>, question: &[u8], answer: &Bytes) {
        let given = self.by(fits);
        if given.asked.again(question) {
            given.keep(question, answer);
        }
    }

    /// Remembers `answer`, which has taken long and follows from `fits` and `question` alone.
    pub(in crate::http) fn keep_at_once(
        &self,
        fits: &Arc<Predictors>,
        question: &[u8],
        answer: &Bytes,
    ) {
        self.by(fits).keep(question, answer);
    }

    /// What was answered by `fits`; those that were before are forgotten.
    fn by(&self, fits: &Arc<Predictors>) -> Arc<Given> {
        let given = self.0.load();
        if given.is_by(fits) {
            return Arc::clone(&given);
        }
        let new = Arc::new(Given::by(fits));
        self.0.store(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers `question` twice by `fits`.
    fn give_twice(answers: &Answers, fits: &Arc<Predictors>, question: &[u8], answer: &Bytes) {
        for _ in 0..2 {
            assert_eq!(answers.find(fits, question), None);
            answers.keep(fits, question, answer);
        }
    }

    #[test]
    fn from_the_second_time_on_an_answer_is_found_until_the_fits_change() {
        let (answers, fits, others) = (Answers::default(), Arc::default(), Arc::default());
        give_twice(&answers, &fits, b"how long?", &"1 s".into());
        assert_eq!(answers.find(&fits, b"how long?"), Some("1 s".into()));
        assert_eq!(answers.find(&fits, b"how long ?"), None);
        give_twice(&answers, &others, b"how long?", &"2 s".into());
        assert_eq!(answers.find(&others, b"how long?"), Some("2 s".into()));
        assert_eq!(answers.find(&fits, b"how long?"), None);
    }

    #[test]
    fn what_takes_long_is_found_when_it_is_asked_again() {
        let (answers, fits) = (Answers::default(), Arc::default());
        answers.keep_at_once(&fits, b"how far?", &"far".into());
        assert_eq!(answers.find(&fits, b"how far?"), Some("far".into()));
        assert_eq!(answers.find(&Arc::default(), b"how far?"), None);
    }

    #[test]
    fn fits_that_were_replaced_are_not_kept_in_memory_for_their_answers() {
        let (answers, fits) = (Answers::default(), Arc::default());
        give_twice(&answers, &fits, b"how long?", &"1 s".into());
        assert!(Arc::into_inner(fits).is_some());
    }

    #[test]
    fn what_is_long_is_not_remembered() {
        let (answers, fits) = (Answers::default(), Arc::default());
        give_twice(&answers, &fits, b"how long?", &vec![b'x'; LONGEST].into());
        assert_eq!(answers.find(&fits, b"how long?"), None);
    }

    #[test]
    fn no_more_bytes_are_remembered_than_there_is_room_for() {
        let (answers, fits) = (Answers::default(), Arc::default());
        let answer = Bytes::from(vec![b'x'; 60 << 10]);
        for n in 0..300_u32 {
            answers.keep_at_once(&fits, &n.to_be_bytes(), &answer);
        }
        let found = |n: &u32| answers.find(&fits, &n.to_be_bytes()).is_some();
        let found = (0..300).filter(found).count();
        assert!((64..=136).contains(&found), "{found}");
    }
}
