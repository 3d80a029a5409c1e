//! Where the repository begins that a tree belongs to: reports for code hosts name files from there, wherever the user stands.

use std::path::{Path, PathBuf};

/// The directory that holds `.git`, which is a file in work trees and submodules.
pub(crate) fn root(of: &Path) -> Option<PathBuf> {
    of.ancestors().find(|it| it.join(".git").exists()).map(Path::to_path_buf)
}

/// What paths of the repository start from. Without a repository the working directory stands for it, if the tree is in there.
pub(crate) fn top(tree: &Path) -> PathBuf {
    let working = || std::env::current_dir().ok().and_then(|it| it.canonicalize().ok());
    let top = root(tree).or_else(working).filter(|it| tree.starts_with(it));
    top.unwrap_or_else(|| tree.to_path_buf())
}

/// The path from the root of the repository to the root of the tree, with `/`.
pub(crate) fn prefix(tree: &Path) -> String {
    let top = top(tree);
    let below = tree.strip_prefix(&top).unwrap_or(Path::new(""));
    below.components().map(|it| it.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_found_in_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let tree = top.join("services/shop");
        std::fs::create_dir_all(&tree).unwrap();
        assert_eq!(root(&tree), None);
        std::fs::write(top.join(".git"), "gitdir: elsewhere").unwrap();
        assert_eq!(root(&tree), Some(top.clone()));
        assert_eq!(prefix(&tree), "services/shop");
        assert_eq!(prefix(&top), "");
    }
}
