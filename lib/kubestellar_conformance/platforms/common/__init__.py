"""What all platforms share: run folders, processes, certificates, names."""
