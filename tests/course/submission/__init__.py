"""Reading submissions: the tests of `dlcnn.course.submission`."""
