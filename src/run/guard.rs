//! Panics are faults of otcov's own: they are caught, told with their place, and the rest of the run goes on.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

/// Where the last panic happened. The hook knows the place, the one who catches knows what was being done.
static LAST_PLACE: Mutex<Option<String>> = Mutex::new(None);

/// From here on panics print nothing by themselves.
pub(crate) fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        *LAST_PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
}

/// Does some work; the error is what a panic in it said, and where.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What the work had in hand when it broke is dropped with it: nobody sees it half done.
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let place = LAST_PLACE.lock().unwrap_or_else(PoisonError::into_inner).take();
        let message = message(payload.as_ref());
        place.map_or_else(|| message.to_owned(), |place| format!("{message} ({place})"))
    })
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("unknown panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(caught(|| 1), Ok(1));
        let told = caught(|| panic!("no {}", "luck")).unwrap_err();
        assert!(told.starts_with("no luck"), "{told}");
    }
}
