//! Holds the places of `parse` and `link` until they are there. To be deleted then.

pub(crate) mod parse {
    use crate::discover::{self, Discovered, Note};
    use crate::facts::Facts;
    use crate::program::File;
    use crate::text::LineIndex;

    pub(crate) struct Language {
        pub(crate) name: &'static str,
        pub(crate) extensions: &'static [&'static str],
        pub(crate) stubs: &'static [&'static str],
        pub(crate) shebangs: &'static [&'static str],
    }

    pub(crate) static LANGUAGES: &[Language] =
        &[Language { name: "python", extensions: &["py"], stubs: &["pyi"], shebangs: &["python", "uv"] }];

    pub(crate) fn parse_all(found: &Discovered, max_bytes: u64) -> (Vec<File>, Vec<Note>) {
        let mut files = Vec::new();
        let mut notes = Vec::new();
        for source in &found.sources {
            match discover::read_source(source, max_bytes) {
                Err(note) => notes.push(note),
                Ok(contents) => {
                    notes.extend(contents.note);
                    files.push(File {
                        path: source.path.clone(),
                        absolute: source.absolute.clone(),
                        language: source.language,
                        lines: LineIndex::new(&contents.text),
                        facts: Facts::default(),
                        test: false,
                        build: false,
                        first_function: 0,
                    });
                }
            }
        }
        (files, notes)
    }
}

pub(crate) mod link {
    use crate::config::Settings;
    use crate::discover::Discovered;
    use crate::program::{File, Program};

    pub(crate) fn link(files: Vec<File>, _found: &Discovered, _settings: &Settings) -> Program {
        Program { files, ..Program::default() }
    }
}
