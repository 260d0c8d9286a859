"""What people do with the workbench whichever front they use; commands and pages both call it."""
