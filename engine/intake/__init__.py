"""What people upload, read as they mean it: where tables lie on a sheet, and what their cells say."""
