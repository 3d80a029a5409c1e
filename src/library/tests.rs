//! The built-in models are sound, and import paths as people write them lead to the right node.

use std::fs;
use std::path::Path;

use super::*;

#[test]
fn the_list_of_model_files_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = root.join("rules/libraries");
    let mut names = Vec::new();
    for language in fs::read_dir(&models).unwrap() {
        let language = language.unwrap().path();
        for file in fs::read_dir(&language).unwrap() {
            let file = file.unwrap().path();
            assert_eq!(file.extension().unwrap(), "toml", "{}", file.display());
            let name = file.strip_prefix(&models).unwrap().to_str().unwrap().replace('\\', "/");
            names.push(name);
        }
    }
    names.sort();
    let mut list = String::from(
        "//! Generated: every model file. The test `the_list_of_model_files_is_up_to_date` rewrites it; nothing is added \
         by hand.\n\n#[rustfmt::skip]\npub(super) static FILES: &[(&str, &str)] = &[\n",
    );
    for name in names {
        list += &format!("    (\"{name}\", include_str!(\"../../rules/libraries/{name}\")),\n");
    }
    list += "];\n";
    let target = root.join("src/library/embedded.rs");
    if fs::read_to_string(&target).unwrap() != list {
        fs::write(&target, list).unwrap();
        panic!("src/library/embedded.rs was out of date and has been rewritten: run the tests again");
    }
}

#[test]
fn every_built_in_model_is_sound() {
    let (library, errors) = Library::load(&[]);
    assert_eq!(errors, Vec::<String>::new());
    assert!(library.nodes.len() > 3000, "{}", library.nodes.len());
}

#[test]
#[ignore = "a measurement"]
fn loading_is_quick() {
    for _ in 0..20 {
        let start = std::time::Instant::now();
        let (library, _) = Library::load(&[]);
        println!("{:?} {}", start.elapsed(), library.nodes.len());
    }
}
