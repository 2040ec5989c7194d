//@ tries: hand in a link to a folder of the machine as its src
//@ link: src -> {{outside}}/src
