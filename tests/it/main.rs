//! Everything that is tested from outside, in one binary. Each module says what belongs there.

mod cli;
<<<<<<< HEAD
mod robust;
=======
mod projects;
>>>>>>> docs
mod tidy;
